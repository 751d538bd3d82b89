import OrderKPIs
import Programs

/// Says on standard error how far the reading of a shop's files is, and what came of it.
struct KPIDisplay {
  private let byteCount: Int64
  private let progress = Progress(of: "batch-job")

  init(of files: ShopFiles) { byteCount = files.byteCount }

  @Sendable func show(readByteCount: Int64) {
    progress.update {
      let seconds = max(progress.elapsed / .seconds(1), 0.001)
      let rate = Double(readByteCount) / seconds
      let left = Duration.seconds(Double(byteCount - readByteCount) / max(rate, 1))
      return "read \(Figures.bytes(readByteCount)) of \(Figures.bytes(byteCount)), "
        + "\(Figures.bytes(Int64(rate)))/s, \(Figures.duration(left)) left"
    }
  }

  /// One line for each file, and one for the whole.
  func finish(_ result: ShopKPIs.Result) {
    for report in result.reports {
      Console.shared.write("batch-job: \(report.table.rawValue) \(report.path): \(report.summary)")
    }
    let rowCount = result.reports.reduce(0) { $0 + $1.rowCount }
    progress.finish(
      "\(Figures.grouped(result.figures.days.count)) days and "
        + "\(Figures.grouped(result.figures.categories.count)) category days from "
        + "\(Figures.grouped(rowCount)) rows of \(result.reports.count) files in "
        + Figures.duration(progress.elapsed)
    )
  }
}

extension FileReport {
  /// `1,234 rows, 12 rejected (duplicate_id 10, unknown_order 2)`.
  fileprivate var summary: String {
    let rows = "\(Figures.grouped(rowCount)) rows"
    guard rejects.count > 0 else { return rows }
    let reasons = rejects.counts.sorted { $0.key.rawValue < $1.key.rawValue }
      .map { "\($0.key.rawValue) \(Figures.grouped($0.value))" }
    return "\(rows), \(Figures.grouped(rejects.count)) rejected "
      + "(\(reasons.joined(separator: ", ")))"
  }
}
