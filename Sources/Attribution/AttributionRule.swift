package import Dataflow

/// The rule's settings; the same on every task, and stored with the answers.
package struct AttributionRule: Hashable, Sendable {
  package enum Emission: String, Hashable, Sendable {
    /// A row as soon as its checkout is read, revised when the answer changes.
    case early
    /// One row per checkout, once it is final.
    case final
  }
  package enum LatePolicy: String, Hashable, Sendable {
    /// A late event is stored and every answer it touches is given again.
    case restate
    /// A late event is stored and changes no answer.
    case drop
  }

  /// Candidates of a checkout at t: clicks of the same user in [t - window, t].
  ///
  /// Default 1 hour.
  package var window: EventSpan = .hours(1)
  /// How far the watermark stays behind the greatest event time seen.
  ///
  /// Default 5 minutes.
  package var watermarkDelay: EventSpan = .minutes(5)
  package var emission: Emission = .early
  package var latePolicy: LatePolicy = .restate
  /// A late event older than `watermark - lateHorizon` is dropped.
  ///
  /// Default 24 hours.
  package var lateHorizon: EventSpan = .hours(24)

  package init() {}

  /// Whether an event is late beyond the horizon, and changes no answer under any policy.
  package func isExpired(_ time: EventTime, at watermark: Watermark) -> Bool {
    time < watermark - lateHorizon
  }
}
