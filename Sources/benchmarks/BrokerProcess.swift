import Foundation

/// A local broker in a process of its own, which ends with this object's `stop`.
final class BrokerProcess {
  /// `HOST:PORT`, one for each broker.
  let addresses: [String]
  private let process = Process()

  /// Names the process to the system, as long as it runs.
  struct ID: Sendable {
    let number: Int32
  }

  var id: ID { ID(number: process.processIdentifier) }

  /// Starts the program `local-broker` that stands beside this one, with both topics of a prefix.
  ///
  /// - Throws: when it is not there, or does not say its address.
  init(brokers: Int, partitions: Int, prefix: String) throws {
    let directory = Bundle.main.executableURL?.deletingLastPathComponent()
    guard let program = directory?.appending(path: "local-broker"),
      FileManager.default.isExecutableFile(atPath: program.path)
    else { throw BrokerProcessError.missing }
    process.executableURL = program
    process.arguments = [
      "--brokers", "\(brokers)", "--partitions", "\(partitions)", "--prefix", prefix,
    ]
    let output = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    try process.run()
    var line = Data()
    while line.last != UInt8(ascii: "\n") {
      let piece = output.fileHandleForReading.availableData
      if piece.isEmpty { throw BrokerProcessError.silent }
      line += piece
    }
    addresses = String(decoding: line.dropLast(), as: UTF8.self).split(separator: ",")
      .map(String.init)
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }
}

enum BrokerProcessError: Error, CustomStringConvertible {
  case missing, silent

  var description: String {
    switch self {
    case .missing:
      "could not start local-broker: it is not beside this program; hint: swift build -c release"
    case .silent: "local-broker ended before it said its address"
    }
  }
}
