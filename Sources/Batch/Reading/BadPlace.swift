import Events
import FileInput

/// The place in a file that a row is no event for.
struct BadPlace {
  private let file: InputFile
  /// Of the byte that it is about, in the file; the row's first one if it is about all of the row.
  private let offset: Int64
  /// Of that byte, in bytes from 1 on; nil if it is about all of the row.
  private let column: Int?
  private let knownLine: Int64?

  init(of reject: RejectedMessage, in chunk: Chunk) {
    let position = reject.reason.position
    file = chunk.file
    offset = reject.offset + Int64(position ?? 0)
    // A row may go over several lines.
    let before = UnsafeRawBufferPointer(start: reject.message, count: position ?? 0)
    column = position.map { $0 - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1 }
    knownLine = chunk.knownLine(at: offset)
  }

  /// `FILE:LINE:COLUMN`, or `FILE:LINE` if it is about all of the row; the line is looked up.
  var text: String { text(onLine: knownLine ?? file.line(at: offset)) }

  /// The texts of rows of a chunk, in their order; the lines are looked up together.
  static func texts(of rejects: [RejectedMessage], in chunk: Chunk) -> [String] {
    let places = rejects.map { BadPlace(of: $0, in: chunk) }
    let lines = chunk.lines(at: places.map(\.offset))
    return places.indices.map { places[$0].text(onLine: lines?[$0]) }
  }

  private func text(onLine line: Int64?) -> String {
    let line = line.map { "\($0)" } ?? "byte \(offset)"
    return "\(file.path):\(line)" + (column.map { ":\($0)" } ?? "")
  }
}
