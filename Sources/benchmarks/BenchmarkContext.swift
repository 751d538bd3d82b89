import Foundation

/// What the benchmarks of one run share: the scale of their input, a directory, large inputs.
final class BenchmarkContext {
  /// Multiplies every benchmark's size.
  let scale: Double

  private var madeDirectory: URL?
  private var shared: [String: AnyObject] = [:]
  private var cleanUps: [() -> Void] = []

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

  /// What several benchmarks use, made by the first that asks for it.
  ///
  /// - Precondition: one name always stands for one type.
  func shared<Value: AnyObject>(_ name: String, _ make: () throws -> Value) throws -> Value {
    if let made = shared[name] {
      guard let value = made as? Value else {
        preconditionFailure("\(name) is shared as \(type(of: made)): expected \(Value.self)")
      }
      return value
    }
    let value = try make()
    shared[name] = value
    return value
  }

  /// Has something done before the directory is removed.
  func atEnd(_ cleanUp: @escaping () -> Void) { cleanUps.append(cleanUp) }

  /// Does what was asked for at the end and removes the directory with everything in it.
  func cleanUp() {
    for cleanUp in cleanUps.reversed() { cleanUp() }
    cleanUps = []
    shared = [:]
    guard let madeDirectory else { return }
    try? FileManager.default.removeItem(at: madeDirectory)
    self.madeDirectory = nil
  }
}
