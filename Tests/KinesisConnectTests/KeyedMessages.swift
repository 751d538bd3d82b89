import AWSClient
import Connect
import Foundation

@testable import KinesisConnect

/// Messages with their keys, as a writer takes them.
struct KeyedMessages {
  private var bytes: [UInt8] = []
  private var keys: [UInt8] = []
  private var marks: [KeyedLines.Mark] = []

  init(_ messages: [(key: String, text: String)]) {
    for (key, text) in messages {
      bytes += Array(text.utf8) + [UInt8(ascii: "\n")]
      keys += Array(key.utf8)
      marks.append(KeyedLines.Mark(lineEnd: UInt32(bytes.count), keyEnd: UInt32(keys.count)))
    }
  }

  func append(
    to writer: KinesisLogWriter,
    _ stream: StreamKind
  ) throws {
    try bytes.withUnsafeBytes { bytes in
      try keys.withUnsafeBytes { keys in
        try marks.withUnsafeBufferPointer { marks in
          try writer.append(
            KeyedLines(bytes: bytes, keys: keys, marks: marks),
            to: stream,
            partition: 0
          )
        }
      }
    }
  }
}

extension PutBatch {
  /// Data and keys, read from the encoded body by another reader than ours.
  func decoded() throws -> [(data: String, key: String)] {
    struct Body: Decodable {
      struct Entry: Decodable {
        var Data: Data
        var PartitionKey: String
      }
      var Records: [Entry]
    }
    guard recordCount > 0 else { return [] }
    return try JSONDecoder().decode(Body.self, from: Data(encoded(for: "s"))).Records
      .map { (String(decoding: $0.Data, as: UTF8.self), $0.PartitionKey) }
  }
}
