import Connect
import Foundation

/// A log in memory, by stream and partition.
final class MemoryLog: LogWriter {
  let partitionCount: Int
  private(set) var bytes: [StreamKind: [[UInt8]]] = [:]

  init(partitionCount: Int = 4) {
    self.partitionCount = partitionCount
    for stream in StreamKind.allCases {
      bytes[stream] = Array(repeating: [], count: partitionCount)
    }
  }

  func append(_ lines: UnsafeRawBufferPointer, to stream: StreamKind, partition: Int) {
    bytes[stream]?[partition].append(contentsOf: lines)
  }

  /// The lines of a partition, without their line ends.
  func lines(of stream: StreamKind, partition: Int) -> [[UInt8]] {
    let bytes = bytes[stream, default: []][partition]
    return bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
  }

  func lines(of stream: StreamKind) -> [[UInt8]] {
    (0..<partitionCount).flatMap { lines(of: stream, partition: $0) }
  }
}
