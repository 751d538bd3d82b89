import Runtime
import TestSupport
import Connect
import Testing

@Suite struct BackoffTests {
  @Test func `delays double from 100 ms up to 10 s, each with full jitter`() {
    var random = SplitMix64(seed: 1)
    var longest = Array(repeating: Duration.zero, count: 12)
    for _ in 0..<1000 {
      var backoff = Backoff()
      for retry in longest.indices {
        let delay = backoff.nextDelay(using: &random)
        longest[retry] = max(longest[retry], delay)
        #expect(delay >= .zero)
      }
      #expect(backoff.retries == 12)
    }
    for (retry, delay) in longest.enumerated() {
      let ceiling = min(Duration.seconds(10), .milliseconds(100 << retry))
      #expect(delay <= ceiling)
      #expect(delay > ceiling * 0.95)
    }
  }
}
