/// How often the watches ask, and how long an answer counts.
package struct WatchIntervals: Sendable {
  /// Between looks at what is due.
  package var poll = Duration.milliseconds(500)
  /// How long a confirmed end counts.
  package var confirmation = Duration.seconds(10)
  /// Between two questions for an end.
  package var end = Duration.seconds(3)
  /// Between two questions for the topics.
  package var topics = Duration.seconds(30)
  /// Until the next question for topics that were not there.
  package var recheck = Duration.seconds(2)
  /// For an answer.
  package var query = Duration.seconds(2)
  /// A topic that is not known for so long was deleted; brokers that start may not know it yet.
  package var deletion = Duration.seconds(10)

  /// Trouble that lasts so long is said in the log.
  package var silence = Duration.seconds(10)
  /// Until it is said again.
  package var reminder = Duration.seconds(60)

  package init() {}
}
