import ArgumentParser
import Connect
import Dispatch
import Foundation
import KafkaConnect
import Programs

/// A Kafka cluster for tests and for trying.
struct LocalBrokerProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "local-broker",
    abstract: "Runs a Kafka cluster in memory, for tests and for trying only.",
    discussion: """
      The first line on standard output is its address, HOST:PORT[,HOST:PORT], on 127.0.0.1; it \
      runs until SIGINT or SIGTERM. It is librdkafka's mock cluster: clients talk the real protocol \
      to it, but it keeps at most 5 MiB and 100,000 batches of a partition (older messages vanish), \
      nothing on disk, stores twice what a producer sends again after a lost answer, knows no offsets by time, no topic administration (topics appear on first \
      use, with 4 partitions, unless made here), no TLS and no passwords, and its transactions are not faithful.

      Lines on standard input make things go wrong; each is answered by a line, "ok" or "no: ...":

      \(BrokerCommand.forms.joined(separator: "\n"))

      BROKER is a number from 1 on, or all. REQUEST is one of \
      \(LocalBroker.Request.allCases.map(\.rawValue).joined(separator: ", ")).
      ERROR is named as in librdkafka, such as NOT_LEADER_FOR_PARTITION, REQUEST_TIMED_OUT or \
      _TRANSPORT (which breaks the connection off).
      Exit codes: 0 done; 1 failed; 2 usage; 130 second interrupt.
      """,
    version: Program.version
  )

  private static let greatestBrokerCount = 100
  private static let greatestPartitionCount = 4096

  @Option(help: ArgumentHelp("Brokers, default 1.", valueName: "N"), transform: parseSetting)
  var brokers: PositiveCount?

  @Option(
    help: ArgumentHelp("Partitions of the topics made here, default 4.", valueName: "N"),
    transform: parseSetting
  )
  var partitions: PositiveCount?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Make PREFIX-clicks and PREFIX-checkouts; default without --topics: shop.",
      valueName: "PREFIX"
    )
  )
  var prefix: [String] = []

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Make these topics.", valueName: "NAME"))
  var topics: [String] = []

  func run() throws {
    let brokerCount = brokers?.count ?? 1
    let partitionCount = partitions?.count ?? 4
    try Self.require(brokerCount, atMost: Self.greatestBrokerCount, "brokers")
    try Self.require(partitionCount, atMost: Self.greatestPartitionCount, "partitions")
    Interrupts.watch()
    let broker = try LocalBroker(brokerCount: brokerCount)
    let prefixes = prefix.isEmpty && topics.isEmpty ? ["shop"] : prefix
    for prefix in prefixes { try broker.makeTopics(prefix: prefix, partitionCount: partitionCount) }
    for topic in topics { try broker.makeTopic(topic, partitionCount: partitionCount) }
    let interrupt = DispatchSemaphore(value: 0)
    Interrupts.onFirst { interrupt.signal() }
    Self.say(broker.bootstrap)
    // In the background of a terminal a read would stop the process; ignored, the read just fails.
    signal(SIGTTIN, SIG_IGN)
    Thread.detachNewThread { Self.obey(broker) }
    interrupt.wait()
    broker.stop()
  }

  /// Carries out the commands on standard input, to its end.
  private static func obey(_ broker: LocalBroker) {
    while let line = readLine() {
      if line.allSatisfy(\.isWhitespace) { continue }
      do {
        try BrokerCommand(parsing: line).perform(on: broker)
        say("ok")
      } catch {
        say("no: \(error)")
      }
    }
  }

  /// Writes a line at once, also into a pipe.
  private static func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  private static func require(
    _ count: Int,
    atMost greatest: Int,
    _ what: String
  ) throws(Failure) {
    guard count <= greatest else {
      throw Failure(.usage, "expected at most \(greatest) \(what), found \(count)")
    }
  }
}
