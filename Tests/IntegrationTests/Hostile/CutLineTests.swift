import Foundation
import TestSupport
import Testing

/// Bounded runs that come upon a line which is still being written.
@Suite struct CutLineTests {
  private let trial: LineTrial

  init() throws { trial = try LineTrial() }

  private func append(_ text: String, to stream: String) throws {
    let file = try FileHandle(
      forWritingTo: trial.directory.url.appendingPathComponent("log/\(stream)/0.jsonl")
    )
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }

  /// Where the line is cut, what a state that is rebuilt makes of it is what was stored.
  @Test(arguments: ["halves", "tail"])
  func `a line that was cut stays so for the state`(kind: String) throws {
    let click = trial.click("c1", "15:00:00")
    let half = click.index(click.startIndex, offsetBy: 30)
    let parts =
      kind == "halves" ? [String(click[..<half]), String(click[half...])] : ["xx", click]
    try append(parts[0], to: "clicks")
    try trial.run()
    try append(parts[1] + "\n", to: "clicks")
    try trial.run()
    try trial.run(checkouts: [trial.checkout("k1", "15:30:00")])
    try trial.run(checkouts: [trial.checkout("k2", "15:31:00")])
    let expected = kind == "halves" ? nil : "c1"
    #expect(
      try trial.query(
        """
        SELECT checkout_id, attributed_click_id FROM ecommerce.attributed_checkouts ORDER BY 1
        """
      ) == [["k1", expected], ["k2", expected]]
    )
    let letters = try trial.query("SELECT count(*) FROM ecommerce.dead_letters")
    #expect(letters == [[kind == "halves" ? "2" : "1"]])
  }
}
