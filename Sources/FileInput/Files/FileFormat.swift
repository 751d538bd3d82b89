import Connect
import Events

/// How the records of a file are written.
package enum FileFormat: String, Sendable {
  /// RFC 4180 with a header.
  case csv
  /// One JSON object a line.
  case jsonLines
}

/// What a file's bytes are packed with.
enum Compression: String, Sendable {
  case none, gzip, zstd

  /// Whether files that are packed so begin with these bytes.
  private func begins(_ head: UnsafeRawBufferPointer) -> Bool {
    switch self {
    case .none: true
    case .gzip: head.starts(with: [0x1F, 0x8B])
    case .zstd: head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) || Self.beginsWithSkippableFrame(head)
    }
  }

  /// One of the sixteen numbers of frames that hold no data (RFC 8878, 3.1.2), little-endian.
  private static func beginsWithSkippableFrame(_ head: UnsafeRawBufferPointer) -> Bool {
    guard let first = head.first else { return false }
    return first & 0xF0 == 0x50 && head.dropFirst().starts(with: [0x2A, 0x4D, 0x18])
  }

  /// Tells by the first bytes; a name that ends with `.gz` or `.zst` must not promise anything else.
  init(of path: String, head: UnsafeRawBufferPointer) throws(ConnectorError) {
    let found = [Compression.gzip, .zstd].first { $0.begins(head) } ?? .none
    let promised: Compression? =
      path.hasSuffix(".gz") ? .gzip : path.hasSuffix(".zst") ? .zstd : nil
    if let promised, promised != found, !head.isEmpty {
      throw ConnectorError(
        .permanent,
        "could not read \"\(path)\": expected \(promised.rawValue) data by its name, found none",
        hint: "rename the file, or pack it again"
      )
    }
    self = found
  }
}

extension FileFormat {
  /// Tells by the name, and where that says nothing by the first bytes: an object begins with `{`.
  init(of path: String, head: UnsafeRawBufferPointer) {
    var name = path[...]
    for suffix in [".gz", ".zst"] where name.hasSuffix(suffix) {
      name = name.dropLast(suffix.count)
    }
    if name.hasSuffix(".csv") {
      self = .csv
    } else if [".jsonl", ".ndjson", ".json"].contains(where: { name.hasSuffix($0) }) {
      self = .jsonLines
    } else {
      let first = head.dropFirst(head.byteOrderMarkByteCount).first {
        $0 != 0x20 && $0 != 0x09 && $0 != 0x0D && $0 != 0x0A
      }
      self = first == UInt8(ascii: "{") ? .jsonLines : .csv
    }
  }
}

extension UnsafeRawBufferPointer {
  /// What these first bytes of a file are, when that is no text in UTF-8; nil if they may be.
  var foreignFormat: String? {
    let marks: [(String, [UInt8])] = [
      ("UTF-32", [0xFF, 0xFE, 0, 0]), ("UTF-32", [0, 0, 0xFE, 0xFF]),
      ("UTF-16", [0xFF, 0xFE]), ("UTF-16", [0xFE, 0xFF]),
      ("a zip archive", [0x50, 0x4B, 3, 4]), ("xz data", [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
      ("bzip2 data", [0x42, 0x5A, 0x68, 0x39]), ("a Parquet file", [0x50, 0x41, 0x52, 0x31]),
    ]
    if let (name, _) = marks.first(where: { starts(with: $0.1) }) { return name }
    // ASCII text as two bytes each has a NUL in every pair.
    if count >= 4, (self[0] == 0) != (self[1] == 0), (self[2] == 0) == (self[0] == 0),
      (self[3] == 0) == (self[1] == 0)
    {
      return "UTF-16"
    }
    return nil
  }
}
