import Foundation
import PostgresConnect
import TestSupport
import Testing

/// An inbox and a database, and `batch-job pipeline` run on them as a process.
struct PipelineTrial {
  let directory: TemporaryDirectory
  let connection: PostgresConnection
  var root: String { directory.path + "/shop" }

  init() throws {
    directory = try TemporaryDirectory()
    connection = try PostgresConnection(TemporaryCluster.database())
    try FileManager.default.createDirectory(
      atPath: directory.path + "/shop/input",
      withIntermediateDirectories: true
    )
  }

  /// The options that every command of these tests takes.
  var place: [String] { ["--root", root, "--into", connection.address.connectionString] }

  func run(
    _ arguments: [String] = ["--once", "--quiet", "0s"],
    command: String? = nil,
    environment: [String: String] = [:]
  ) throws -> ProgramRun.Outcome {
    try ProgramRun.run(
      "batch-job",
      ["pipeline"] + (command.map { [$0] } ?? []) + place + arguments,
      in: directory,
      environment: environment
    )
  }

  func start(
    _ arguments: [String] = ["--once", "--quiet", "0s"],
    environment: [String: String] = [:]
  ) throws -> ProgramRun {
    try ProgramRun.start(
      "batch-job",
      ["pipeline"] + place + arguments,
      in: directory,
      environment: environment
    )
  }

  // MARK: - The shop

  func put(_ name: String, _ text: String) throws {
    try directory.write(text, to: "shop/input/\(name)")
  }

  /// Three files that fit and one that does not.
  func putShop() throws {
    try put(
      "products.csv",
      "product_id,category,name,price\np1,Shoes,Boot,10\np2,,Hat,5\n"
    )
    try put(
      "orders.csv",
      "order_id,user_id,order_date,total_amount,status\n"
        + "o1,u1,2026-11-20,30,Complete\no2,u2,2026-11-21,5,Returned\n"
    )
    try put(
      "order_items.csv",
      "order_id,product_id,quantity,unit_price\no1,p1,3,9.99\no2,p2,1,5.25\no2,p2,1,1\n"
    )
    try put("orders_bad.csv", "order_id,user_id\n1,2\n")
  }

  /// What `putShop` comes to, once and for all: every row once, every file in one place.
  func expectShop(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(
      try days() == ["2026-11-20 1 29.97 3 1 0.00", "2026-11-21 1 5.25 1 1 100.00"],
      sourceLocation: sourceLocation
    )
    #expect(try names(in: "input").isEmpty, sourceLocation: sourceLocation)
    #expect(
      try names(in: "archive").map { $0.split(separator: "/").last.map(String.init) ?? "" }.sorted()
        == ["order_items.csv", "orders.csv", "products.csv"],
      sourceLocation: sourceLocation
    )
    #expect(
      try names(in: "rejected") == ["orders_bad.csv", "orders_bad.csv.reason.json"],
      sourceLocation: sourceLocation
    )
    #expect(
      try connection.query(
        """
        SELECT (SELECT count(*) FROM processed_files), (SELECT count(*) FROM rejected_rows),
          (SELECT count(*) FROM pipeline_runs WHERE NOT is_settled),
          (SELECT count(*) FROM pipeline_lease WHERE holder IS NOT NULL)
        """
      ) == [["3", "1", "0", "0"]],
      sourceLocation: sourceLocation
    )
    let done = try results().filter { ($0["valid_files"] as? [Any])?.count == 3 }
      .filter { $0["status"] as? String != "FAILED" }
    #expect(done.count == 1, sourceLocation: sourceLocation)
  }

  func days() throws -> [String] {
    try connection.query(
      """
      SELECT order_date, total_orders, total_revenue, total_items_sold, unique_customers,
        return_rate
      FROM order_kpis ORDER BY order_date
      """
    ).map { $0.map { $0 ?? "NULL" }.joined(separator: " ") }
  }

  /// Files below a directory of the inbox.
  func names(in name: String) throws -> [String] {
    let below = FileManager.default.enumerator(atPath: "\(root)/\(name)")
    return (below?.compactMap { $0 as? String } ?? []).filter { name in
      below != nil && name.contains(".") && !name.hasSuffix("Z")
    }.sorted()
  }

  func results() throws -> [[String: Any]] {
    try names(in: "results").map { name in
      let text = try Data(contentsOf: URL(fileURLWithPath: "\(root)/results/\(name)"))
      return try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    }
  }

  /// Waits for a condition, a minute at most.
  func wait(_ what: String, until condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !condition() {
      try #require(ContinuousClock.now < deadline, "\(what) did not come")
      usleep(20_000)
    }
  }
}
