import Connect
import Dataflow
import Foundation
import InboxPipeline
import Logging
import PostgresConnect
import TestSupport
import Testing

/// An inbox of its own on a database of its own, and the pipeline on them.
final class InboxTrial {
  let root: String
  let address: PostgresAddress
  let connection: PostgresConnection
  let control = RunControl()
  var settings: PipelineSettings
  private(set) lazy var pipeline = makePipeline()

  init() throws {
    root =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("firstclick-inbox-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: "\(root)/input",
      withIntermediateDirectories: true
    )
    address = try TemporaryCluster.database()
    connection = try PostgresConnection(address)
    settings = PipelineSettings(inbox: try InboxDirectory(root: root), database: address)
    settings.retryLimit = 2
  }

  deinit {
    connection.close()
    try? FileManager.default.removeItem(atPath: root)
  }

  func makePipeline() -> Pipeline {
    Pipeline(
      settings,
      control: control,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
  }

  /// One run; fails the test if there is none.
  @discardableResult
  func run() throws -> RunResult { try #require(try pipeline.runOnce()) }

  // MARK: - Files

  /// Puts a file into the inbox, last written so many seconds ago.
  func put(_ name: String, _ text: String, age seconds: Double = 60) throws {
    try put(name, bytes: Data(text.utf8), age: seconds)
  }

  func put(_ name: String, bytes: Data, age seconds: Double = 60) throws {
    let path = "\(root)/input/\(name)"
    try bytes.write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -seconds)],
      ofItemAtPath: path
    )
  }

  /// Names below a directory of the inbox, with the directories between; hidden ones left out.
  func names(in directory: String) -> [String] {
    let below = FileManager.default.enumerator(atPath: "\(root)/\(directory)")
    return (below?.compactMap { $0 as? String } ?? []).filter { name in
      var isDirectory: ObjCBool = false
      let path = "\(root)/\(directory)/\(name)"
      return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        && !isDirectory.boolValue && !name.hasPrefix(".")
    }.sorted()
  }

  func text(of name: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(name)", encoding: .utf8)
  }

  func json(of name: String) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(text(of: name).utf8)) as? [String: Any]
    )
  }

  // MARK: - Rows

  func query(_ sql: String) throws -> [[String?]] { try connection.query(sql) }

  func execute(_ sql: String) throws { try connection.execute(sql) }

  /// `order_kpis`, a line each.
  func days() throws -> [String] {
    try lines(
      """
      SELECT order_date, total_orders, total_revenue, total_items_sold, unique_customers,
        return_rate
      FROM order_kpis ORDER BY order_date
      """
    )
  }

  /// `category_kpis`, a line each.
  func categories() throws -> [String] {
    try lines(
      """
      SELECT order_date, category, daily_revenue, avg_order_value, avg_return_rate
      FROM category_kpis ORDER BY order_date, category COLLATE "C"
      """
    )
  }

  private func lines(_ sql: String) throws -> [String] {
    try query(sql).map { $0.map { $0 ?? "NULL" }.joined(separator: " ") }
  }
}
