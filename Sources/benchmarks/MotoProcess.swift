import Foundation

/// moto's server in a process of its own, which ends with this object's `stop`; `make moto` installs
/// it.
///
/// It takes every signature: checking them would be its own work, not ours.
final class MotoProcess {
  let address: String
  private let process = Process()
  private let errors = Pipe()

  /// - Throws: when it is not installed, or does not say its address.
  init() throws {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/root")/.cache"
    let program =
      environment["FIRSTCLICK_TEST_MOTO"] ?? "\(cache)/firstclick/moto/bin/moto_server"
    guard FileManager.default.isExecutableFile(atPath: program) else {
      throw MotoProcessError.missing(program)
    }
    process.executableURL = URL(filePath: program)
    process.arguments = ["-H", "127.0.0.1", "-p", "0"]
    process.environment = environment.merging(["PYTHONUNBUFFERED": "1"]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    var text = ""
    while true {
      let piece = errors.fileHandleForReading.availableData
      if piece.isEmpty { throw MotoProcessError.silent(text) }
      text += String(decoding: piece, as: UTF8.self)
      if let match = text.firstMatch(of: #/Running on (http:\/\/127\.0\.0\.1:\d+)\s/#) {
        address = String(match.1)
        break
      }
    }
    // It writes a line for every request, and would wait for somebody to read them.
    errors.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
    errors.fileHandleForReading.readabilityHandler = nil
  }
}

enum MotoProcessError: Error, CustomStringConvertible {
  case missing(String)
  case silent(String)

  var description: String {
    switch self {
    case .missing(let program):
      "could not start moto_server: it is not at \(program); hint: make moto"
    case .silent(let text): "moto_server ended before it said its address: \(text.suffix(500))"
    }
  }
}
