import Foundation

/// A new directory below the system's temporary one, removed when the value goes away.
///
/// A background job and a private cluster in it are stopped first.
final class TemporaryDirectory {
  let url: URL
  var path: String { url.path }

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("firstclick-cli-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    if FileManager.default.fileExists(atPath: "\(path)/.firstclick") {
      _ = try? ProgramRun.run("stream-job", ["stop"], in: self)
    }
    try? FileManager.default.removeItem(at: url)
  }

  /// Names in the directory, what a `ProgramRun` leaves there apart.
  var contents: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasSuffix(".out") && !$0.hasSuffix(".err") }.sorted()
    }
  }

  func write(_ text: String, to name: String) throws {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: file)
  }
}
