package import Connect
import Foundation
import Synchronization

/// Makes the daily figures of a shop's files.
package final class ShopKPIs: Sendable {
  package struct Settings: Sendable {
    package var threads = ThreadTeam(count: ProcessInfo.processInfo.activeProcessorCount)
    /// Malformed rows that each file may have; nil: any number.
    package var maximumBadRows: Int?
    /// How much of a file is read at a time, by each thread.
    package var chunkByteCount = 4 << 20

    package init() {}
  }

  package struct Result: Sendable {
    package var figures: DailyFigures
    /// Products, then orders, then items; each in the order of the files.
    package var reports: [FileReport]
  }

  private let files: ShopFiles
  private let settings: Settings
  private let stop = Atomic(false)

  package init(of files: ShopFiles, _ settings: Settings = Settings()) {
    self.files = files
    self.settings = settings
  }

  /// Makes a running `compute` throw `.stopped` soon; any thread may call it.
  package func requestStop() { stop.store(true, ordering: .relaxed) }
  package var isStopRequested: Bool { stop.load(ordering: .relaxed) }

  /// Reads everything and makes the figures.
  ///
  /// - Parameter progress: called often, by any thread, with the bytes read so far.
  /// - Returns: the figures, and what became of each file.
  /// - Throws: for a file that cannot be read, is no text, or has too many malformed rows; `.stopped`
  ///   when a stop was requested.
  package func compute(
    progress: @Sendable (Int64) -> Void = { _ in }
  ) throws(ConnectorError) -> Result {
    let keys = KeyMaker()
    let partitioning = Partitioning(byteCount: files.byteCount)
    let tables = Tables(
      products: reader(of: files.products),
      orders: reader(of: files.orders),
      items: reader(of: files.orderItems)
    )
    let catalog = try readCatalog(tables.products, keys)
    let parts = try settings.threads.map { () throws(ConnectorError) in
      try readParts(of: tables, keys, partitioning, catalog, progress)
    }
    let computation = KPIComputation(
      keys: keys,
      partitioning: partitioning,
      threads: settings.threads,
      categoryCount: catalog.categories.names.count
    )
    let outcome = computation.compute(
      parts.flatMap(\.orders).sorted { $0.place < $1.place },
      parts.flatMap(\.items).sorted { $0.place < $1.place }
    )
    try checkStop()
    return Result(
      figures: outcome.sums.figures(catalog.categories),
      reports: tables.products.reports(catalog.rejects(fileCount: files.products.count))
        + tables.orders.reports(outcome.orderRejects)
        + tables.items.reports(outcome.itemRejects)
    )
  }

  // MARK: - Reading

  /// The readers that all threads share.
  private struct Tables: Sendable {
    let products: TableReader<ProductRow>
    let orders: TableReader<OrderRow>
    let items: TableReader<OrderItemRow>

    var readByteCount: Int64 {
      products.readByteCount + orders.readByteCount + items.readByteCount
    }
  }

  private func reader<Row: CleanRow>(of files: [ShopFile]) -> TableReader<Row> {
    TableReader(
      files,
      chunkByteCount: settings.chunkByteCount,
      maximumBadRows: settings.maximumBadRows
    )
  }

  /// What a thread has read.
  private struct Parts: Sendable {
    var orders: [OrderPart] = []
    var items: [ItemPart] = []
  }

  /// Reads orders, then items, until the threads together have read all.
  private func readParts(
    of tables: Tables,
    _ keys: KeyMaker,
    _ partitioning: Partitioning,
    _ catalog: ProductCategories,
    _ progress: (Int64) -> Void
  ) throws(ConnectorError) -> Parts {
    var parts = Parts()
    var orders = OrderCollector(keys, partitioning)
    try tables.orders.read {
      orders.append($0, of: $1)
    } end: { place throws(ConnectorError) in
      parts.orders.append(orders.finish(place))
      try goOn(progress, tables.readByteCount)
    }
    var items = ItemCollector(keys, partitioning)
    try tables.items.read {
      items.append($0, of: $1, catalog)
    } end: { place throws(ConnectorError) in
      parts.items.append(items.finish(place))
      try goOn(progress, tables.readByteCount)
    }
    return parts
  }

  private func goOn(
    _ progress: (Int64) -> Void,
    _ readByteCount: Int64
  ) throws(ConnectorError) {
    progress(readByteCount)
    try checkStop()
  }

  private func checkStop() throws(ConnectorError) {
    guard !isStopRequested else {
      throw ConnectorError(.stopped, "the reading of the files was stopped")
    }
  }

  private func readCatalog(
    _ products: TableReader<ProductRow>,
    _ keys: KeyMaker
  ) throws(ConnectorError) -> ProductCategories {
    let parts = try settings.threads.map { () throws(ConnectorError) in
      var parts: [ProductPart] = []
      var part: ProductPart?
      try products.read { batch, place in
        var open = part.take() ?? ProductPart(place: place)
        open.append(batch, keys)
        part = open
      } end: { _ in
        if let whole = part.take() { parts.append(whole) }
      }
      return parts
    }
    return ProductCategories(parts.joined().sorted { $0.place < $1.place }, keys)
  }
}

extension ProductCategories {
  /// The rows whose product has come before, by file.
  fileprivate func rejects(fileCount: Int) -> [RejectLog] {
    var logs = Array(repeating: RejectLog(), count: fileCount)
    for copy in copies { logs[copy.file].note(.duplicateID, at: copy.offset) }
    return logs
  }
}

extension Partitioning {
  /// Partitions of which each one's tables fit a core's cache, at some 100 bytes a row.
  fileprivate init(byteCount: Int64) {
    var bits = 4
    while bits < 12, byteCount >> Int64(bits) > 3 << 20 { bits += 1 }
    self.init(bits: bits)
  }
}

extension TableReader {
  /// What was read of each file, with what was rejected since.
  fileprivate func reports(_ rejects: [RejectLog]) -> [FileReport] {
    var reports = reports
    for (file, log) in rejects.enumerated() { reports[file].rejects.append(log) }
    return reports
  }
}
