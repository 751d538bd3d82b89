import Connect
import Foundation
import KinesisConnect

/// The generator's events as records of one stream.
final class KinesisInput {
  static let stream = "shop-clicks"
  let events: RecordedEvents

  init(_ context: BenchmarkContext) throws {
    events = try RecordedEvents(context, partitionCount: 1)
  }

  var recordCount: Int { events.lineCount }
  var byteCount: Int { events.byteCount }

  /// Encodes all records, 500 a call.
  func eachBody(_ call: (_ body: [UInt8], _ recordCount: Int) throws -> Void) rethrows {
    var body = PutRecordsBody(stream: Self.stream)
    for piece in events.pieces {
      try piece.bytes.withUnsafeBytes { bytes in
        try piece.keys.withUnsafeBytes { keys in
          var start = KeyedLines.Mark(lineEnd: 0, keyEnd: 0)
          for end in piece.marks {
            if body.recordCount == PutRecordsBody.mostRecords {
              try call(body.take(), PutRecordsBody.mostRecords)
            }
            body.append(
              data: UnsafeRawBufferPointer(
                rebasing: bytes[Int(start.lineEnd)..<Int(end.lineEnd) - 1]
              ),
              partitionKey: UnsafeRawBufferPointer(
                rebasing: keys[Int(start.keyEnd)..<Int(end.keyEnd)]
              )
            )
            start = end
          }
        }
      }
    }
    let rest = body.recordCount
    if rest > 0 { try call(body.take(), rest) }
  }

  func bodies() -> [(bytes: [UInt8], recordCount: Int)] {
    var bodies: [(bytes: [UInt8], recordCount: Int)] = []
    eachBody { bodies.append(($0, $1)) }
    return bodies
  }
}
