package import Connect
import CRDKafka
import Synchronization

/// A Kafka cluster inside this process, for tests and for trying: librdkafka's mock cluster.
///
/// Every broker listens on a loopback port of its own, so that clients in this and in other
/// processes talk the real protocol over TCP to it. Brokers are numbered from 1. Topics that are
/// not made beforehand appear when a client first asks for them, with 4 partitions.
///
/// It keeps 5 MiB and 100,000 batches per partition (older ones vanish). It looks at no sequence
/// numbers of an idempotent producer: a batch that is sent again after a lost answer is stored twice,
/// and one that is on its way when the leader changes can be lost, since the client takes the next
/// one's success for its own. It knows no offsets by time, no topic administration, no TLS or
/// passwords, and its transactions are not faithful: what needs these has to be tried on a real
/// broker.
///
/// May be used by any thread.
package final class LocalBroker: Sendable {
  /// The address clients start from: `127.0.0.1:PORT`, one for each broker, separated by commas.
  package let bootstrap: String
  package let brokerCount: Int
  let heldPorts: HeldPorts
  /// Nil once stopped.
  private let cluster: Mutex<Cluster?>

  private struct Cluster: @unchecked Sendable {
    // Proof of Sendable: librdkafka's handles may be used by any thread.
    let client: OpaquePointer
    let mock: OpaquePointer
  }

  /// Starts the brokers.
  ///
  /// Throws when no port or thread is to be had.
  ///
  /// - Precondition: at least one broker.
  package init(brokerCount: Int = 1) throws(ConnectorError) {
    precondition(brokerCount > 0, "\(brokerCount) brokers")
    let configuration = rd_kafka_conf_new()
    // The client that the mock needs for its bookkeeping has no servers itself, and says so.
    rd_kafka_conf_set_log_cb(configuration, nil)
    var reason = [CChar](repeating: 0, count: 512)
    // `rd_kafka_new` owns the configuration once it succeeds.
    guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &reason, reason.count) else {
      rd_kafka_conf_destroy(configuration)
      let text = String(
        decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
        as: UTF8.self
      )
      throw ConnectorError(.permanent, "could not start a local broker: \(text)")
    }
    guard let mock = rd_kafka_mock_cluster_new(client, Int32(brokerCount)),
      let bootstraps = rd_kafka_mock_cluster_bootstraps(mock)
    else {
      rd_kafka_destroy(client)
      throw ConnectorError(
        .permanent,
        "could not start \(brokerCount) local brokers: found no free port on 127.0.0.1"
      )
    }
    bootstrap = String(cString: bootstraps)
    self.brokerCount = brokerCount
    heldPorts = HeldPorts(of: bootstrap)
    cluster = Mutex(Cluster(client: client, mock: mock))
  }

  deinit { stop() }

  /// Ends the brokers and forgets everything that they hold; every later call throws.
  package func stop() {
    cluster.withLock { cluster in
      guard let running = cluster else { return }
      rd_kafka_mock_cluster_destroy(running.mock)
      rd_kafka_destroy(running.client)
      cluster = nil
    }
  }

  /// Makes a topic.
  ///
  /// Throws when there is one of that name.
  package func makeTopic(_ name: String, partitionCount: Int) throws(ConnectorError) {
    try perform("make the topic \"\(name)\" with \(partitionCount) partitions") {
      // As many replicas as a cluster of this size has by itself.
      rd_kafka_mock_topic_create($0, name, Int32(partitionCount), Int32(min(3, brokerCount)))
    }
  }

  /// Makes the two topics of a stream URI's prefix.
  package func makeTopics(prefix: String, partitionCount: Int) throws(ConnectorError) {
    for stream in StreamKind.allCases {
      try makeTopic("\(prefix)-\(stream.rawValue)", partitionCount: partitionCount)
    }
  }

  /// Does something with the running mock.
  func perform(
    _ attempt: String,
    _ body: (OpaquePointer) -> rd_kafka_resp_err_t
  ) throws(ConnectorError) {
    let code = cluster.withLock { cluster in cluster.map { body($0.mock) } }
    guard let code else {
      throw ConnectorError(.permanent, "could not \(attempt): the local broker was stopped")
    }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw ConnectorError(
        .permanent,
        "could not \(attempt): \(String(cString: rd_kafka_err2str(code)))"
      )
    }
  }
}
