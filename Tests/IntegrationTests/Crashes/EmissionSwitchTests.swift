import Foundation
import TestSupport
import Testing

/// One database fed by runs with early rows and by runs with final rows only, each killed in the
/// middle.
///
/// ```
///                 10:26  10:28  10:30     watermark 10:25
/// early                          k        k: unattributed
/// final                   c      k        k: c
/// final, again     b      c      k l      k: b, l waits
/// early            b      c      k l      k: b, l: b
/// ```
@Suite struct EmissionSwitchTests {
  private let trial: JobTrial

  init() throws {
    trial = try JobTrial()
    try append(Self.checkout("k"), to: "checkouts")
    try append(Self.click("x", of: "other", at: "10:30"), to: "clicks")
  }

  @Test func `early rows stay right while a killed run writes final ones only`() throws {
    try runAndKill("early", records: 2)
    #expect(try rows() == [["k", nil]])

    try append(Self.click("c", at: "10:28"), to: "clicks")
    try runAndKill("final", records: 3)
    #expect(try rows() == [["k", "c"]])

    try append(Self.click("b", at: "10:26"), to: "clicks")
    try append(Self.checkout("l"), to: "checkouts")
    try runAndKill("final", records: 5)
    #expect(try rows() == [["k", "b"]])
    #expect(try trial.expectLaw().pending == 1)

    try runAndKill("early", until: { try rows().count == 2 })
    #expect(try rows() == [["k", "b"], ["l", "b"]])
    try trial.expectRightEnd(["--emit", "final"], isTruthComparable: false)
  }

  @Test func `rows of a flush stay right while a killed run writes final ones only`() throws {
    let outcome = try trial.runJob(["--emit", "final"])
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try rows() == [["k", nil]])
    try append(Self.click("c", at: "10:28"), to: "clicks")
    try runAndKill("final", records: 3)
    #expect(try rows() == [["k", "c"]])
    try trial.expectRightEnd(["--emit", "final"], isTruthComparable: false)
  }

  // MARK: Runs

  /// Kills the job once it has committed so many records in all, and expects the law.
  private func runAndKill(_ emission: String, records: Int) throws {
    try runAndKill(emission) { try trial.committedRecords() == records }
  }

  private func runAndKill(_ emission: String, until condition: () throws -> Bool) throws {
    let job = try trial.startJob(["--emit", emission] + JobTrial.smallCommits)
    try trial.wait(for: job, until: condition)
    job.send(SIGKILL)
    #expect(try job.wait().exitCode == 128 + SIGKILL)
    try trial.expectLaw()
  }

  private func rows() throws -> [[String?]] {
    try trial.query(
      "SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts ORDER BY 1"
    )
  }

  // MARK: Events

  private func append(_ line: String, to stream: String) throws {
    let name = "log/\(stream)/00.jsonl"
    let url = trial.directory.url.appendingPathComponent(name)
    let former = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    try trial.directory.write(former + line, to: name)
  }

  private static func click(_ id: String, of user: String = "u", at time: String) -> String {
    #"{"event_id":"\#(id)","user_id":"\#(user)","timestamp":"2025-01-01T\#(time):00Z","#
      + #""product_id":"p"}"# + "\n"
  }

  private static func checkout(_ id: String) -> String {
    #"{"event_id":"\#(id)","user_id":"u","timestamp":"2025-01-01T10:30:00Z","total_amount":1}"#
      + "\n"
  }
}
