import Connect
import Generation

/// The generator's events, kept as it hands them over.
final class RecordedEvents: LogWriter {
  let partitionCount: Int
  let isContinued = false
  private(set) var lineCount = 0
  private(set) var byteCount = 0
  private(set) var pieces: [Piece] = []

  struct Piece {
    let bytes: [UInt8]
    let keys: [UInt8]
    let marks: [KeyedLines.Mark]
    let stream: StreamKind
    let partition: Int
  }

  init(_ context: BenchmarkContext, partitionCount: Int) throws {
    self.partitionCount = partitionCount
    var generator = try Generator(plan: GeneratorInput(context).plan, writer: self)
    while !generator.isDone { try generator.make(atMost: 4096) }
    try generator.finish()
  }

  func append(_ lines: KeyedLines, to stream: StreamKind, partition: Int) {
    lineCount += lines.marks.count
    byteCount += lines.bytes.count
    pieces.append(
      Piece(
        bytes: Array(lines.bytes),
        keys: Array(lines.keys),
        marks: Array(lines.marks),
        stream: stream,
        partition: partition
      )
    )
  }

  func finish() {}

  func replay(into writer: any LogWriter) throws {
    for piece in pieces {
      try piece.bytes.withUnsafeBytes { bytes in
        try piece.keys.withUnsafeBytes { keys in
          try piece.marks.withUnsafeBufferPointer { marks in
            try writer.append(
              KeyedLines(bytes: bytes, keys: keys, marks: marks),
              to: piece.stream,
              partition: piece.partition
            )
          }
        }
      }
    }
  }
}
