import Foundation

/// Brings a finished log to a growing one, slice by slice, as a producer would.
///
/// Every file grows by the same share of its length, so that the streams stay together in time.
final class LogFeed {
  private struct Partition {
    let whole: Data
    let target: FileHandle
    var delivered = 0
  }

  private var partitions: [Partition] = []

  /// Makes the growing log, with files that are empty.
  init(from source: String, to target: String, in directory: TemporaryDirectory) throws {
    for stream in ["clicks", "checkouts"] {
      let files = directory.url.appendingPathComponent("\(source)/\(stream)")
      for name in try FileManager.default.contentsOfDirectory(atPath: files.path) {
        try directory.write("", to: "\(target)/\(stream)/\(name)")
        partitions.append(
          Partition(
            whole: try Data(contentsOf: files.appendingPathComponent(name)),
            target: try FileHandle(
              forWritingTo: directory.url.appendingPathComponent("\(target)/\(stream)/\(name)")
            )
          )
        )
      }
    }
  }

  /// Appends whole lines up to this share of every file.
  func deliver(upTo share: Double) throws {
    for index in partitions.indices {
      let whole = partitions[index].whole
      let end = whole[..<Int(Double(whole.count) * share)].lastIndex(of: Self.lineEnd) ?? -1
      try deliver(upTo: end + 1, of: index)
    }
  }

  /// Appends part of the next line of every file, without its end.
  func deliverPartOfALine(byteCount: Int) throws {
    for index in partitions.indices {
      try deliver(upTo: partitions[index].delivered + byteCount, of: index)
    }
  }

  private func deliver(upTo end: Int, of index: Int) throws {
    let delivered = partitions[index].delivered
    guard end > delivered else { return }
    try partitions[index].target.write(contentsOf: partitions[index].whole[delivered..<end])
    partitions[index].delivered = end
  }

  /// Whole lines delivered so far.
  var lineCount: Int {
    partitions.reduce(0) { $0 + $1.whole[..<$1.delivered].count { $0 == Self.lineEnd } }
  }

  private static let lineEnd = UInt8(ascii: "\n")
}
