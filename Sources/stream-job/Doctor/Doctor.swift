import ArgumentParser
import PostgresConnect
import Programs
import Runtime

/// Looks for what keeps a job from running, and says what to do; changes nothing.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the database, the log and this machine; exit code 1 if something fails."
  )

  @OptionGroup var common: CommonOptions
  @OptionGroup var options: RunOptions

  func run() throws {
    let settings = try RunSettings(options, common)
    var findings: [Finding] = []
    var canRead = true
    if case .database(let choice) = settings.destination {
      findings += DatabaseCheck(choice: choice).findings()
    }
    if let kafka = settings.source.kafka {
      let cluster = KafkaCheck(
        settings: kafka,
        destination: settings.destination,
        futureGuard: settings.job.futureGuard,
        logger: settings.logger
      ).findings()
      findings += cluster
      canRead = !cluster.contains { $0.level == .fail }
    }
    if let kinesis = settings.source.kinesis {
      let service = KinesisCheck(settings: kinesis, futureGuard: settings.job.futureGuard)
        .findings()
      findings += service
      canRead = !service.contains { $0.level == .fail }
    }
    if canRead {
      findings += LogCheck(
        source: settings.source,
        gapPolicy: settings.gapPolicy,
        destination: settings.destination,
        logger: settings.logger
      ).findings()
    }
    findings += MachineCheck.findings()
    for finding in findings { print(finding) }
    if findings.contains(where: { $0.level == .fail }) {
      throw ExitCode(Failure.Kind.failed.rawValue)
    }
  }
}
