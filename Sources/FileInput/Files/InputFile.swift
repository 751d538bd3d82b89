package import Connect
package import Events
import Foundation

/// A file of records, checked before anything is read in earnest: it is there, it is a file, and its
/// format is known.
package final class InputFile: Sendable {
  /// As the user named it, or as a pattern found it.
  package let path: String
  /// Its place among the files of one input: records of a smaller one come first.
  package let order: Int
  package let format: FileFormat
  /// Of a CSV file.
  package let header: CSVHeader?

  let compression: Compression
  let stamp: FileStamp
  /// Where records begin: behind the header or the byte order mark.
  let dataStart: Int64
  private let lines: LineCounter

  /// Bytes on disk.
  package var byteCount: Int64 { stamp.byteCount }

  /// Bytes once unpacked, guessed for a packed file: events shrink to about a sixth.
  package var expectedByteCount: Int64 { compression == .none ? byteCount : byteCount * 6 }

  /// The file in its present state: its name, size and last change.
  package var identity: String {
    "\(Self.place(of: path) ?? path) \(stamp.byteCount) \(stamp.modified)"
  }

  /// Whether the path leads to this file.
  package func stands(at other: String) -> Bool {
    Self.place(of: other).map { $0 == Self.place(of: path) } ?? false
  }

  /// The path without links; nil where nothing is.
  private static func place(of path: String) -> String? {
    let place = realpath(path, nil)
    defer { free(place) }
    return place.map { String(cString: $0) }
  }

  init(_ path: String, order: Int) throws(ConnectorError) {
    let file = try OpenFile(path)
    guard file.stamp.kind == .file else {
      throw ConnectorError(
        .permanent,
        "could not read \"\(path)\": expected a file, found "
          + (file.stamp.kind == .directory ? "a directory" : "a pipe or device"),
        hint: file.stamp.kind == .directory ? "name its files: '\(path)/*.csv'" : nil
      )
    }
    let head = try Head(of: file, atMost: CSVHeader.maximumByteCount)
    let bytes = UnsafeRawBufferPointer(head.bytes)
    if let foreign = bytes.foreignFormat {
      throw ConnectorError(
        .permanent,
        "could not read \"\(path)\": expected CSV or JSON lines in UTF-8, found \(foreign)",
        hint: foreign.hasPrefix("UTF") ? "convert it: iconv -f \(foreign) -t UTF-8" : nil
      )
    }
    self.path = path
    self.order = order
    stamp = file.stamp
    compression = head.compression
    format = FileFormat(of: path, head: bytes)
    switch format {
    case .csv:
      let header = try Self.header(of: path, bytes, isWhole: head.isWhole)
      self.header = header
      dataStart = Int64(header.byteCount)
    case .jsonLines:
      header = nil
      dataStart = Int64(bytes.byteOrderMarkByteCount)
    }
    lines = LineCounter(path)
  }

  /// The line, from 1 on, of a byte of a file that is not packed, for messages.
  ///
  /// Reads the file again; nil if it cannot be read so far any more.
  package func line(at offset: Int64) -> Int64? {
    compression == .none ? lines.line(at: offset) : nil
  }

  /// The lines of ascending bytes, likewise.
  func lines(at offsets: [Int64]) -> [Int64]? {
    compression == .none ? lines.lines(at: offsets) : nil
  }

  private static func header(
    of path: String,
    _ bytes: UnsafeRawBufferPointer,
    isWhole: Bool
  ) throws(ConnectorError) -> CSVHeader {
    do throws(CSVHeaderFault) {
      return try CSVHeader(bytes, isWhole: isWhole)
    } catch {
      throw refusal(of: path, error)
    }
  }

  /// The error that a file is refused with for its header.
  package func refusal(_ fault: CSVHeaderFault) -> ConnectorError {
    Self.refusal(of: path, fault)
  }

  private static func refusal(of path: String, _ fault: CSVHeaderFault) -> ConnectorError {
    ConnectorError(
      .permanent,
      "could not read \"\(path)\" (line 1): \(fault)",
      hint: "the first line of a CSV file names its columns"
    )
  }
}

/// The first bytes of a file, unpacked.
private final class Head {
  let bytes: UnsafeMutableRawBufferPointer
  let compression: Compression
  /// Whether the file ends with them.
  let isWhole: Bool

  init(of file: OpenFile, atMost limit: Int) throws(ConnectorError) {
    let count = Int(min(Int64(limit), file.stamp.byteCount))
    let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 64)
    var kept: UnsafeMutableRawBufferPointer?
    defer { if kept == nil { raw.deallocate() } }
    if let start = raw.baseAddress { try file.read(count, at: 0, into: start) }
    let packed = UnsafeMutableRawBufferPointer(rebasing: raw[..<count])
    compression = try Compression(of: file.path, head: UnsafeRawBufferPointer(packed))
    if let unpacking = try UnpackedBytes(of: file, compression) {
      let unpacked = try unpacking.read(into: raw)
      isWhole = unpacked < limit
      kept = UnsafeMutableRawBufferPointer(start: raw.baseAddress, count: unpacked)
    } else {
      isWhole = file.stamp.byteCount <= Int64(limit)
      kept = packed
    }
    bytes = kept ?? packed
  }

  deinit { bytes.deallocate() }
}
