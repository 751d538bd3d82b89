import Foundation
import PostgresConnect
import TestSupport
import Testing

/// `batch-job kpis` as a user runs it.
@Suite struct KPICommandTests {
  private static let arguments = [
    "kpis", "--orders", "orders.csv", "--order-items", "items.csv", "--products", "products.csv",
  ]

  @Test func `figures are written as CSV, and rejected rows told by reason`() throws {
    let directory = try shop()
    let outcome = try ProgramRun.run(
      "batch-job",
      Self.arguments + ["--out", "new/figures"],
      in: directory
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(
      try directory.read("new/figures/order_kpis.csv") == """
        order_date,total_orders,total_revenue,total_items_sold,unique_customers,return_rate
        2024-03-01,2,30.07,3,1,50.00
        2024-03-02,1,0.00,0,0,0.00

        """
    )
    #expect(
      try directory.read("new/figures/category_kpis.csv") == #"""
        category,order_date,daily_revenue,avg_order_value,avg_return_rate
        "Hats, ""wide""",2024-03-01,20.01,20.01,100.00
        Unknown,2024-03-01,10.06,5.03,50.00

        """#
    )
    #expect(
      outcome.errorLines.dropLast() == [
        "batch-job: products products.csv: 2 rows, 1 rejected (cost_not_positive 1)",
        "batch-job: orders orders.csv: 5 rows, 2 rejected (duplicate_id 1, num_of_item_zero 1)",
        "batch-job: order_items items.csv: 5 rows, 2 rejected "
          + "(malformed_row 1, unknown_order 1)",
      ]
    )
    #expect(
      outcome.errorLines.last?.hasPrefix(
        "batch-job: 2 days and 2 category days from 12 rows of 3 files in "
      ) == true
    )
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/new/figures").sorted()
        == ["category_kpis.csv", "order_kpis.csv"]
    )
  }

  @Test func `packed files and patterns give the same figures`() throws {
    let directory = try shop()
    let plain = try ProgramRun.run("batch-job", Self.arguments + ["--out", "a"], in: directory)
    #expect(plain.exitCode == 0)
    try directory.run("gzip items.csv orders.csv && mv orders.csv.gz o-1.csv.gz")
    let packed = try ProgramRun.run(
      "batch-job",
      [
        "kpis", "--orders", "o-*.csv.gz", "--order-items", "items.csv.gz", "--products",
        "products.csv", "--out", "b", "--workers", "3",
      ],
      in: directory
    )
    #expect(packed.exitCode == 0, "\(packed.errors)")
    for name in ["order_kpis.csv", "category_kpis.csv"] {
      #expect(try directory.read("a/\(name)") == directory.read("b/\(name)"))
    }
  }

  @Test func `the tables of a database are written`() throws {
    let directory = try shop()
    let address = try TemporaryCluster.emptyDatabase()
    let outcome = try ProgramRun.run(
      "batch-job",
      Self.arguments,
      in: directory,
      environment: ["DATABASE_URL": address.connectionString]
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    let days = try connection.query("SELECT order_date, total_revenue FROM order_kpis ORDER BY 1")
    #expect(days == [["2024-03-01", "30.07"], ["2024-03-02", "0.00"]])
    let rejected = try connection.query("SELECT count(*), max(line) FROM rejected_rows")
    #expect(rejected == [["5", "6"]])
    #expect(try !directory.contents.contains(".firstclick"))
  }

  @Test func `an interrupt ends the wait for another session's locks`() throws {
    let directory = try shop()
    let address = try TemporaryCluster.emptyDatabase()
    let made = try ProgramRun.run(
      "stream-job",
      ["migrate"],
      in: directory,
      environment: [
        "DATABASE_URL": address.connectionString
      ]
    )
    try #require(made.exitCode == 0, "\(made.errors)")
    let other = try PostgresConnection(address)
    defer { other.close() }
    try other.execute("BEGIN; LOCK TABLE order_kpis")
    let run = try ProgramRun.start(
      "batch-job",
      Self.arguments,
      in: directory,
      environment: ["DATABASE_URL": address.connectionString]
    )
    defer { run.end() }
    let deadline = ContinuousClock.now + .seconds(60)
    while try other.query(Self.heldUpWriters).isEmpty, ContinuousClock.now < deadline {
      usleep(10_000)
    }
    run.send(SIGINT)
    let outcome = try run.wait()
    #expect(outcome.exitCode == 130)
    #expect(outcome.errorLines == ["batch-job: stopped: nothing was written"])
    try other.execute("ROLLBACK")
    #expect(try other.query("SELECT count(*) FROM order_kpis") == [["0"]])
  }

  private static let heldUpWriters = """
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'firstclick kpis'
      AND wait_event_type = 'Lock'
    """

  // MARK: - What is refused

  @Test func `a file without a required column is refused by its name`() throws {
    let directory = try shop()
    try directory.write("order_id,user_id,status,num_of_item\n1,1,x,1\n", to: "orders.csv")
    let message = try refusal(in: directory)
    #expect(
      message == "batch-job: could not read \"orders.csv\" (line 1): expected a column "
        + "\"created_at\", found none in the header; the first line of a CSV file names its columns"
    )
  }

  @Test func `another encoding is refused with file, line and column`() throws {
    let directory = try shop()
    let text = "id,order_id,product_id,status,sale_price\n1,1,1,x,1\n2,1,\"a\nb\",caf"
    try directory.write(Data(text.utf8) + [0xE9] + Data(",1\n".utf8), to: "items.csv")
    let message = try refusal(in: directory)
    #expect(
      message == "batch-job: could not read \"items.csv\" (line 4, column 7): expected UTF-8, "
        + "found the byte 0xE9; Convert the file: iconv -f LATIN1 -t UTF-8."
    )
    let nul = "id,order_id,product_id,status,sale_price\n1,1,\"\"\"\0\",x,1\n"
    try directory.write(Data(nul.utf8), to: "items.csv")
    #expect(
      try refusal(in: directory) == "batch-job: could not read \"items.csv\" (line 2, column 8): "
        + "expected text without U+0000, found the byte 0x0; Take the NUL bytes out of the file: "
        + "tr -d '\\000' < FILE > CLEAN."
    )
    let wide = try #require("id,order_id\n".data(using: .utf16))
    try directory.write(wide, to: "items.csv")
    #expect(try refusal(in: directory).contains("found UTF-16"))
  }

  @Test func `more malformed rows than allowed are refused`() throws {
    let directory = try shop()
    #expect(
      try refusal(["--max-bad-rows", "0"], in: directory)
        == "batch-job: \"items.csv\" has more than 0 malformed rows (the first on line 6): expected "
        + "as many cells as the header has, and quotes that close; Mend the file, or allow more by "
        + "--max-bad-rows."
    )
    let allowed = try ProgramRun.run(
      "batch-job",
      Self.arguments + ["--out", "out", "--max-bad-rows", "1"],
      in: directory
    )
    #expect(allowed.exitCode == 0)
  }

  @Test func `what cannot be read or written is named, and older figures stay`() throws {
    let directory = try shop()
    try directory.write("older", to: "out/order_kpis.csv")
    try FileManager.default.removeItem(atPath: "\(directory.path)/items.csv")
    #expect(try refusal(in: directory, isOutUntouched: false).contains("\"items.csv\""))
    try directory.write("{\"id\": 1}\n", to: "items.csv")
    #expect(
      try refusal(in: directory, isOutUntouched: false).contains("expected")
    )
    #expect(try directory.read("out/order_kpis.csv") == "older")

    let other = try shop()
    try other.write("a file", to: "taken")
    let outcome = try ProgramRun.run(
      "batch-job",
      Self.arguments + ["--out", "taken/out"],
      in: other
    )
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("could not make the directory \"taken/out/\": Not a directory"))
  }

  @Test func `a full disk leaves older figures and nothing half written`() throws {
    let directory = try shop()
    try directory.write("older", to: "out/order_kpis.csv")
    // No file may grow beyond 0 blocks; the signal that comes with it is ignored.
    let command = "trap '' XFSZ; ulimit -f 0; exec '\(ProgramRun.path(of: "batch-job"))'"
    let status = try directory.run(
      "(\(command) \(Self.arguments.joined(separator: " ")) --out out) 2>/dev/null",
      expecting: 1
    )
    #expect(status == 1)
    #expect(try directory.read("out/order_kpis.csv") == "older")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/out")
        == ["order_kpis.csv"]
    )
  }

  @Test(arguments: [
    (["--out", "out", "--into", "postgres://h/d"], "expected --into or --out, found both"),
    (["--workers", "0"], "expected a whole number from 1 on"),
    (["--max-bad-rows", "many"], "expected a whole number from 0 on"),
    (["--into", "csv:out"], "batch-job kpis expected a database, found csv:out"),
  ])
  func `wrong options are refused before anything is touched`(
    options: [String],
    message: String
  ) throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run("batch-job", Self.arguments + options, in: directory)
    #expect(outcome.exitCode == 2)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(try directory.contents.isEmpty)
  }

  // MARK: - Shops

  private func shop() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try directory.write(
      #"""
      id,cost,category,retail_price,department
      1,5.00,"Hats, ""wide""",20.01,Men
      2,0,Socks,5.00,

      """#,
      to: "products.csv"
    )
    try directory.write(
      """
      order_id,user_id,status,created_at,num_of_item
      1,7,RETURNED,2024-03-01 08:00:00 UTC,2
      2,7,Complete,2024-03-02T01:30:00+02:00,1
      3,,Complete,2024-03-02,1
      3,9,Complete,2024-03-01,1
      4,9,Complete,2024-03-01,0

      """,
      to: "orders.csv"
    )
    try directory.write(
      """
      id,order_id,product_id,status,sale_price
      1,1,1,returned,20.01
      2,1,2,Returned ,10
      3,2,99,Complete,0.055
      4,4,1,Complete,1.00
      5,1,1

      """,
      to: "items.csv"
    )
    return directory
  }

  /// The one line that a run ends with that leaves nothing behind.
  private func refusal(
    _ options: [String] = [],
    in directory: TemporaryDirectory,
    isOutUntouched: Bool = true
  ) throws -> String {
    let outcome = try ProgramRun.run(
      "batch-job",
      Self.arguments + ["--out", "out"] + options,
      in: directory
    )
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    if isOutUntouched { #expect(try !directory.contents.contains("out")) }
    return outcome.errorLines.first ?? ""
  }
}

extension TemporaryDirectory {
  fileprivate func read(_ name: String) throws -> String {
    try String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)
  }

  fileprivate func write(_ data: Data, to name: String) throws {
    try data.write(to: url.appendingPathComponent(name))
  }

  /// Runs a shell command here.
  @discardableResult
  fileprivate func run(_ command: String, expecting expected: Int32 = 0) throws -> Int32 {
    let status = (system("cd '\(path)' && \(command)") >> 8) & 0xFF
    try #require(status == expected, "\(command) ended with \(status)")
    return status
  }
}
