import Connect
import Foundation

/// The files of a hostile log, and what was written into them so far.
final class HostileLog {
  struct DeadLetter: Hashable {
    var stream: String
    var partition: Int
    var offset: Int
    var byteCount: Int
    /// The first 4 KiB.
    var message: [UInt8]
  }

  private(set) var events: [(partition: Int, event: HostileEvent)] = []
  private(set) var deadLetters: [DeadLetter: String] = [:]
  /// Lines that are not blank, by stream.
  private(set) var records: [String: Int] = ["clicks": 0, "checkouts": 0]
  let path: String
  private var ends: [String: [UInt8]] = [:]

  init(path: String, partitions: Int) throws {
    self.path = path
    for stream in StreamKind.allCases {
      let directory = "\(path)/\(stream.rawValue)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      for partition in 0..<partitions {
        try Data().write(to: URL(fileURLWithPath: file(stream, partition)))
      }
    }
  }

  private func file(_ stream: StreamKind, _ partition: Int) -> String {
    "\(path)/\(stream.rawValue)/\(partition).jsonl"
  }

  /// Appends lines, the last one of each file without its end, which the next append makes up for.
  func append(_ lines: ArraySlice<HostileLine>, unterminated: Bool = false) throws {
    var pending: [String: [UInt8]] = [:]
    var sizes: [String: Int] = [:]
    for line in lines {
      let file = file(line.stream, line.partition)
      var bytes = pending[file] ?? ends.removeValue(forKey: file) ?? []
      if let end = ends.removeValue(forKey: file) { bytes += end }
      let size = try sizes[file] ?? size(of: file)
      sizes[file] = size
      note(line, offset: size + bytes.count)
      bytes += line.bytes
      ends[file] = Array(line.end.utf8)
      pending[file] = bytes
    }
    for (file, bytes) in pending {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(bytes))
      if !unterminated, let end = ends.removeValue(forKey: file) {
        try handle.write(contentsOf: Data(end))
      }
      try handle.close()
    }
  }

  private func size(of file: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
  }

  private func note(_ line: HostileLine, offset: Int) {
    switch line.meaning {
    case .blank: return
    case .event(let event): events.append((line.partition, event))
    case .poison(let reason):
      // Of a line that ends with CR LF the CR is no part.
      let letter = DeadLetter(
        stream: line.stream.rawValue,
        partition: line.partition,
        offset: offset,
        byteCount: line.bytes.count,
        message: Array(line.bytes.prefix(4096))
      )
      deadLetters[letter] = reason
    }
    records[line.stream.rawValue, default: 0] += 1
  }
}
