import CRDKafka
import Connect

extension KafkaClient {
  private static let firstAttempt = Duration.seconds(1)
  private static let pause = Duration.milliseconds(100)

  /// What the cluster says of a topic; nil when there is none.
  ///
  /// Waits while no broker answers, but not when the cluster refuses: wrong credentials, no trust, no
  /// right. That is heard of between the attempts only, so they are short at first; each is twice as
  /// long as the one before, for brokers that take their time.
  func describe(
    _ topic: String,
    before deadline: ContinuousClock.Instant
  ) throws(ConnectorError) -> TopicDescription? {
    var attempt = Self.firstAttempt
    while true {
      let time = max(.milliseconds(1), min(attempt, deadline - .now))
      switch TopicDescription.ask(topic, self, atMost: time) {
      case .success(let description): return description
      case .failure(let failure):
        // An answer that comes at once must not make the loop hot.
        poll(atMost: Self.pause)
        let isRefused = failure.isRefusal || connectionError?.isRefusal == true
        guard isRefused || ContinuousClock.now >= deadline else { break }
        throw error(failure.code, attempting: "read the topic \"\(topic)\"")
      }
      attempt *= 2
    }
  }
}
