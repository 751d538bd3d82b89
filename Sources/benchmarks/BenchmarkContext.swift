import Foundation

/// What the benchmarks of one run share: the scale of their input and a directory.
final class BenchmarkContext {
  /// Multiplies every benchmark's size.
  let scale: Double

  private var madeDirectory: URL?

  init(scale: Double) { self.scale = scale }

  /// The size to use where `full` is meant at scale 1; at least 1.
  func scaled(_ full: Int) -> Int { max(1, Int(Double(full) * scale)) }

  /// A directory of this run alone, made on first use and removed at the end.
  func directory() throws -> URL {
    if let madeDirectory { return madeDirectory }
    let url = FileManager.default.temporaryDirectory
      .appending(path: "firstclick-benchmarks-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    madeDirectory = url
    return url
  }

  /// Removes the directory with everything in it.
  func cleanUp() {
    guard let madeDirectory else { return }
    try? FileManager.default.removeItem(at: madeDirectory)
    self.madeDirectory = nil
  }
}
