/// Exponential backoff with full jitter: before try n, a random time in [0, min(10 s, 100 ms * 2^n)].
///
/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
package struct Backoff: Sendable {
  package static let first: Duration = .milliseconds(100)
  package static let longest: Duration = .seconds(10)

  /// Delays handed out since the last success.
  package private(set) var retries = 0

  package init() {}

  package mutating func nextDelay(
    using random: inout some RandomNumberGenerator
  ) -> Duration {
    let ceiling = min(Self.longest, Self.first * (1 << min(retries, 16)))
    retries += 1
    return ceiling * Double.random(in: 0...1, using: &random)
  }
}
