import Connect
import Foundation
import OrderKPIs
import Testing

/// Both files, or what is left where one of them cannot be had.
@Suite struct FigureFilesTests {
  @Test(arguments: [
    // The other file does not appear before the first one.
    ("order_kpis.csv", ["order_kpis.csv"]),
    // The first file is whole, and stays: the next run replaces both.
    ("category_kpis.csv", ["category_kpis.csv", "order_kpis.csv"]),
  ])
  func `a name that is taken by a directory leaves no temporary file`(
    name: String,
    left: [String]
  ) throws {
    try withShop { directory in
      let out = "\(directory.path)/out"
      try FileManager.default.createDirectory(
        atPath: "\(out)/\(name)",
        withIntermediateDirectories: true
      )
      let error = #expect(throws: ConnectorError.self) {
        try FigureFiles(directory: out).write(DailyFigures())
      }
      #expect(error?.message.hasSuffix("to \"\(out)/\(name)\": Is a directory") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: out).sorted() == left)
    }
  }
}
