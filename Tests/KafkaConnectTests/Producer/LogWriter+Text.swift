import Connect

extension LogWriter {
  /// Appends lines of text, each to its key's partition, in the order given.
  func append(_ lines: [(key: String, line: String)], to stream: StreamKind) throws {
    var byPartition: [Int: [(key: String, line: String)]] = [:]
    for line in lines {
      let partition = Array(line.key.utf8).withUnsafeBytes {
        Murmur2.partition(of: $0, among: partitionCount)
      }
      byPartition[partition, default: []].append(line)
    }
    for (partition, lines) in byPartition.sorted(by: { $0.key < $1.key }) {
      try append(lines, to: stream, partition: partition)
    }
  }

  private func append(
    _ lines: [(key: String, line: String)],
    to stream: StreamKind,
    partition: Int
  ) throws {
    var bytes: [UInt8] = []
    var keys: [UInt8] = []
    var marks: [KeyedLines.Mark] = []
    for (key, line) in lines {
      bytes += Array((line + "\n").utf8)
      keys += Array(key.utf8)
      marks.append(KeyedLines.Mark(lineEnd: UInt32(bytes.count), keyEnd: UInt32(keys.count)))
    }
    try bytes.withUnsafeBytes { bytes in
      try keys.withUnsafeBytes { keys in
        try marks.withUnsafeBufferPointer { marks in
          try append(
            KeyedLines(bytes: bytes, keys: keys, marks: marks),
            to: stream,
            partition: partition
          )
        }
      }
    }
  }
}
