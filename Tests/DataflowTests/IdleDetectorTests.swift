import Dataflow
import Testing

@Suite struct IdleDetectorTests {
  /// One attempt to read.
  private enum Attempt { case silent, received, unfinished }

  /// Asks a fresh detector after each attempt.
  private func verdicts(_ attempts: [(seconds: Int, attempt: Attempt)]) -> [Bool] {
    let start = ContinuousClock.now
    var detector = IdleDetector()
    return attempts.map { seconds, attempt in
      detector.isIdle(
        isCaughtUp: attempt != .unfinished,
        hasReceived: attempt == .received,
        now: start + .seconds(seconds)
      )
    }
  }

  @Test func `an input is idle once it was caught up and silent for 30 s`() {
    let verdicts = verdicts([(0, .silent), (29, .silent), (30, .silent), (90, .silent)])
    #expect(verdicts == [false, false, true, true])
  }

  @Test func `a record starts the silence anew`() {
    let verdicts = verdicts([
      (0, .silent), (20, .received), (49, .silent), (50, .silent), (51, .received), (80, .silent),
    ])
    #expect(verdicts == [false, false, false, true, false, false])
  }

  @Test func `an input with records left to read is never idle`() {
    let verdicts = verdicts([
      (0, .silent), (40, .unfinished), (400, .unfinished), (410, .silent), (440, .silent),
    ])
    #expect(verdicts == [false, false, false, false, true])
  }
}
