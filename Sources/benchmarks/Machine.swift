import Foundation

/// Where and from what the numbers come: compiler, processor, commit.
struct Machine: Encodable {
  let swift: String
  let build: String
  let cpu: String
  let cores: Int
  /// Runnable threads over the last minute, when the run began: other work on the machine.
  let load: Double
  /// Nil outside a git work tree.
  let commit: String?
  let date: String

  static func current() -> Machine {
    var loads = [0.0]
    getloadavg(&loads, 1)
    return Machine(
      swift: firstLine(of: ["swift", "--version"]) ?? "not found",
      build: buildConfiguration,
      cpu: processorName ?? "not named",
      cores: ProcessInfo.processInfo.activeProcessorCount,
      load: loads[0],
      commit: firstLine(of: ["git", "describe", "--always", "--dirty"]),
      date: Date.now.formatted(.iso8601)
    )
  }

  static var buildConfiguration: String {
    #if DEBUG
    "debug"
    #else
    "release"
    #endif
  }

  private static var processorName: String? {
    let description = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    return description?.split(separator: "\n").first { $0.hasPrefix("model name") }?
      .split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
  }

  /// First line that a command prints; nil when it is missing or fails.
  private static func firstLine(of command: [String]) -> String? {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return text.split(separator: "\n").first.map(String.init)
  }
}
