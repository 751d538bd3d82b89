import Foundation
import KafkaConnect
import TestSupport
import Testing

/// Brokers that want TLS and a password.
@Suite(.mostlyWaits) struct KafkaSecurityTests {
  private static let mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

  /// A trial whose programs go through a secure front.
  private static func trial(
    _ mechanism: String,
    brokers: Int = 1
  ) throws -> (trial: KafkaTrial, front: SecureFront) {
    let trial = try KafkaTrial(brokers: brokers)
    let identity = try TestIdentity(in: trial.job.directory.path)
    let front = try SecureFront(before: trial.broker, identity, in: trial.job.directory.path)
    trial.bootstrap = front.bootstrap
    trial.connection = [
      "FIRSTCLICK_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
      "FIRSTCLICK_KAFKA_SASL_MECHANISM": mechanism,
      "FIRSTCLICK_KAFKA_SASL_USERNAME": SecureFront.user,
      "FIRSTCLICK_KAFKA_SASL_PASSWORD": SecureFront.password,
      "FIRSTCLICK_KAFKA_SSL_CA_LOCATION": identity.certificate,
    ]
    return (trial, front)
  }

  @Test(arguments: mechanisms)
  func `events go through TLS with a password and come out right`(mechanism: String) throws {
    let (trial, front) = try Self.trial(mechanism, brokers: 3)
    defer { front.stop() }
    try trial.generate(events: 3000, seed: 71)
    try trial.expectRightEnd()
  }

  @Test func `a broker behind TLS that goes and comes back changes no answer`() throws {
    let (trial, front) = try Self.trial("SCRAM-SHA-512", brokers: 3)
    defer { front.stop() }
    let worker = try trial.startWorker()
    try trial.waitForEvenTasks([worker])
    let generator = try trial.startGenerator(events: 10_000, seed: 72, rate: 2500)
    usleep(1_000_000)
    try trial.broker.takeDown(.broker(2))
    usleep(2_000_000)
    try trial.broker.bringUp(.broker(2))
    let outcome = try generator.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.job.wait(for: worker) { try trial.job.committedRecords() > 9000 }
    try trial.stop([worker])
    try trial.expectRightEnd()
  }

  /// As a cluster of three does with replicas: the others take over what the killed one led.
  ///
  /// The generator sends nothing meanwhile: of what is on its way the local broker, which looks at no
  /// sequence numbers, would have the client believe that it was stored.
  @Test(arguments: 1...3)
  func `a broker behind TLS that is killed for good changes no answer`(victim: Int) throws {
    let (trial, front) = try Self.trial("SCRAM-SHA-256", brokers: 3)
    defer { front.stop() }
    trial.connection["FIRSTCLICK_KAFKA_GROUP_ID"] = "workers"
    try trial.broker.moveCoordinator(ofGroup: "workers", to: victim)
    try trial.lead { $0 % 3 + 1 }
    let workers = try (0..<2).map { _ in try trial.startWorker() }
    try trial.waitForEvenTasks(workers)
    let generator = try trial.startGenerator(events: 10_000, seed: 75, rate: 2500)
    try trial.job.wait(for: workers[0]) { try trial.job.committedRecords() > 2000 }
    generator.send(SIGSTOP)
    try trial.waitForSilence()
    try trial.broker.takeDown(.broker(victim))
    let heir = victim % 3 + 1
    try trial.lead { $0 % 3 + 1 == victim ? heir : $0 % 3 + 1 }
    try trial.broker.moveCoordinator(ofGroup: "workers", to: heir)
    generator.send(SIGCONT)
    let outcome = try generator.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.job.wait(for: workers[0]) { try trial.job.committedRecords() > 9000 }
    // One that comes later finds its way too.
    let third = try trial.startWorker()
    try trial.waitForEvenTasks(workers + [third])
    try trial.stop(workers + [third])
    try trial.expectRightEnd()
  }

  @Test(arguments: mechanisms)
  func `a wrong password is refused in one line`(mechanism: String) throws {
    let (trial, front) = try Self.trial(mechanism)
    defer { front.stop() }
    trial.connection["FIRSTCLICK_KAFKA_SASL_PASSWORD"] = "wrong"
    try Self.expectRefusal(
      of: trial,
      saying: "Authentication failed: Invalid username or password",
      hint: "; see kafka.sasl.mechanism, kafka.sasl.username and FIRSTCLICK_KAFKA_SASL_PASSWORD"
    )
  }

  @Test func `a broker whose authority is not trusted is refused in one line`() throws {
    let (trial, front) = try Self.trial("SCRAM-SHA-256")
    defer { front.stop() }
    trial.connection["FIRSTCLICK_KAFKA_SSL_CA_LOCATION"] = nil
    try Self.expectRefusal(
      of: trial,
      saying: "broker certificate could not be verified",
      hint: "; see kafka.security.protocol and kafka.ssl.ca.location"
    )
  }

  @Test func `a topic that gets more partitions ends the worker, and it says what to do`() throws {
    let (trial, front) = try Self.trial("PLAIN")
    defer { front.stop() }
    try trial.generate(events: 1000, seed: 74)
    let worker = try trial.startWorker()
    try trial.job.wait(for: worker) { try trial.job.committedRecords() > 900 }
    front.growTopics()
    let outcome = try worker.wait()
    #expect(outcome.exitCode == 1)
    let line = outcome.errorLines.last ?? ""
    #expect(line.hasPrefix("stream-job: topic \"shop-clicks\" has "), "\(outcome.errors)")
    // "at least" 9 when a task came of which there should be none.
    #expect(
      line.hasSuffix(
        "9 partitions now, it had 8 when the job started; give both topics as many and start the "
          + "job again: it takes the new ones in; users who change partition lose the clicks "
          + "before, so do it while producers are silent for an hour"
      ),
      "\(outcome.errors)"
    )
    try trial.job.expectLaw()
  }

  /// Both programs end with code 1 and one line that says why and what to do, and no secret.
  private static func expectRefusal(
    of trial: KafkaTrial,
    saying reason: String,
    hint: String
  ) throws {
    let generator = try trial.startGenerator(events: 1000, seed: 73)
    let worker = try trial.startWorker()
    for (program, outcome) in [
      ("generator", try generator.wait()), ("stream-job", try worker.wait()),
    ] {
      #expect(outcome.exitCode == 1)
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      let line = outcome.errorLines.last ?? ""
      #expect(line.hasPrefix("\(program): could not "), "\(line)")
      #expect(line.contains(reason) && line.hasSuffix(hint), "\(line)")
      #expect(!line.contains("wrong") && !line.contains(SecureFront.password), "\(line)")
    }
  }
}
