import Connect
import Foundation

/// A log in memory, by stream and partition.
final class MemoryLog: LogWriter {
  let partitionCount: Int
  let isContinued = false
  private(set) var bytes: [StreamKind: [[UInt8]]] = [:]
  /// By stream and partition, in the order of the lines.
  private(set) var keys: [StreamKind: [[[UInt8]]]] = [:]

  init(partitionCount: Int = 4) {
    self.partitionCount = partitionCount
    for stream in StreamKind.allCases {
      bytes[stream] = Array(repeating: [], count: partitionCount)
      keys[stream] = Array(repeating: [], count: partitionCount)
    }
  }

  func append(_ lines: KeyedLines, to stream: StreamKind, partition: Int) {
    append(lines.bytes, to: stream, partition: partition)
    var start = 0
    for mark in lines.marks {
      keys[stream]?[partition].append(Array(lines.keys[start..<Int(mark.keyEnd)]))
      start = Int(mark.keyEnd)
    }
  }

  func append(_ lines: UnsafeRawBufferPointer, to stream: StreamKind, partition: Int) {
    bytes[stream]?[partition].append(contentsOf: lines)
  }

  func finish() {}

  /// The lines of a partition, without their line ends.
  func lines(of stream: StreamKind, partition: Int) -> [[UInt8]] {
    let bytes = bytes[stream, default: []][partition]
    return bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
  }

  func lines(of stream: StreamKind) -> [[UInt8]] {
    (0..<partitionCount).flatMap { lines(of: stream, partition: $0) }
  }
}
