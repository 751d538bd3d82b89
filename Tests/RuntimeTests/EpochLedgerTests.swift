import Runtime
import Testing

/// Transcripts of the commit protocol: what happens, and what the task is to do then.
@Suite struct EpochLedgerTests {
  /// Drives a ledger with an interval of 10 s and a limit of 100 bytes by a transcript.
  ///
  ///     3 changed 40 | 13 > commit | 13 handed over | 14 > fill | 15 acknowledged
  ///
  /// A moment is a second, then what happens, or after `>` what the next action must be.
  private func play(_ transcript: String, _ location: SourceLocation = #_sourceLocation) throws {
    let start = ContinuousClock.now
    var ledger = EpochLedger(interval: .seconds(10), byteLimit: 100)
    for moment in transcript.split(separator: "|") {
      let words = moment.split(separator: " ").map(String.init)
      let now = start + .seconds(try #require(Double(words[0])))
      switch words[1] {
      case "changed": ledger.changed(byteCount: try #require(Int(words[2])), at: now)
      case "handed": ledger.handedOver()
      case "acknowledged": ledger.acknowledged()
      case "drain": ledger.drain()
      case ">":
        #expect("\(ledger.nextAction(at: now))" == words[2], "\(moment)", sourceLocation: location)
      default: Issue.record("no such moment: \(moment)")
      }
    }
  }

  @Test func `nothing changed, nothing to commit`() throws {
    try play("0 > fill | 1000 > fill")
  }

  @Test func `an epoch is committed an interval after its first change`() throws {
    try play("3 changed 1 | 5 changed 2 | 12.9 > fill | 13 > commit | 13 handed | 13 > fill")
  }

  @Test func `a full epoch is committed at once`() throws {
    try play("0 changed 99 | 0 > fill | 1 changed 100 | 1 > commit")
  }

  @Test func `an epoch fills while another is in flight`() throws {
    try play(
      """
      0 changed 1 | 10 > commit | 10 handed | 11 changed 1 | 11 > fill | 21 > fill \
      | 22 acknowledged | 22 > commit
      """
    )
  }

  @Test func `a full epoch waits for the one in flight`() throws {
    try play(
      """
      0 changed 100 | 0 > commit | 0 handed | 1 changed 100 | 1 > wait | 50 > wait \
      | 51 acknowledged | 51 > commit | 51 handed | 51 > fill
      """
    )
  }

  @Test func `draining commits what is open and waits for what is in flight`() throws {
    try play(
      "0 changed 1 | 1 drain | 1 > commit | 1 handed | 1 > wait | 2 acknowledged | 2 > finish"
    )
    try play(
      """
      0 changed 1 | 10 > commit | 10 handed | 11 changed 1 | 11 drain | 11 > wait \
      | 12 acknowledged | 12 > commit | 12 handed | 12 > wait | 13 acknowledged | 13 > finish
      """
    )
    try play("0 drain | 0 > finish")
  }

  @Test func `handing over what is not open stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var ledger = EpochLedger(interval: .seconds(1), byteLimit: 1)
      ledger.handedOver()
    }
  }

  @Test func `an acknowledgement of nothing stops the program`() async {
    await #expect(processExitsWith: .failure) {
      var ledger = EpochLedger(interval: .seconds(1), byteLimit: 1)
      ledger.acknowledged()
    }
  }
}
