import Events
import Foundation

/// Reads one file of a `FileLog` in runs of whole lines, and follows it while it grows.
///
///     file    ......|a line\n|another\n|a third li|
///                   ^ start  ^ next               ^ filled: read into the buffer so far
///
/// Two buffers take turns, so that a run stays while the next is read. Bytes before `next` have been
/// handed out; a line that is not whole yet moves to the front of the other buffer before more is
/// read behind it. One system call reads about one run, which then is still in the processor's cache
/// when it is decoded. A longer line makes the buffers grow, up to 1 GiB.
///
/// An unterminated last line is a record where the log ends, but a write that is under way looks the
/// same: it is one once nothing has followed for a moment. What follows later all the same is another
/// record, for this run and for those that read the line again (`FilePosition`).
///
/// A byte order mark at the file's start is skipped: the first run starts behind it. Reading again from
/// the very start skips nothing, as that is where a run started which had the mark, or a part of it, in
/// its first record.
final class FileLogReader: PartitionReader {
  /// The least that is asked for at once.
  private static let leastByteCount = 64 << 10
  static let longestLineByteCount = 1 << 30
  /// Readable bytes behind a run, for decoders that load whole vectors.
  static let padding = 64
  private static let newline = UInt8(ascii: "\n")

  private let path: String
  private let name: String
  private let descriptor: Int32
  /// Reading ends here even if the file goes on; nil: at the file's end.
  private let limit: Int64?
  /// An unterminated last line is a record.
  private let isBounded: Bool
  /// Where unterminated lines were records.
  private var cuts: LineCuts
  /// Lets a write that is under way come to its end.
  private let awaitWriter: () -> Void
  /// File offset of the end that was seen before and after that.
  private var settledEnd: Int64?

  private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  /// The one that had the run before.
  private var formerBuffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  /// File offset of the buffer's first byte.
  private var start: Int64
  private var next = 0
  private var filled = 0
  /// The last fill got less than it asked for.
  private var hasSeenEnd = false

  init(
    path: String,
    start place: FilePosition,
    until bound: ReadBound,
    awaitWriter: @escaping () -> Void
  ) throws(ConnectorError) {
    self.path = path
    self.awaitWriter = awaitWriter
    name = place.name
    start = place.offset
    cuts = place.cuts
    switch bound {
    case .never: (limit, isBounded) = (nil, false)
    case .endOfLog: (limit, isBounded) = (nil, true)
    case .position(let position):
      let end = FilePosition(position)
      (limit, isBounded) = (end?.offset, true)
      cuts = end?.cuts ?? LineCuts()
    }
    // Not blocking: a pipe without a writer would hold the open up.
    descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system("open \"\(path)\"", code: errno) }
    guard try status().st_mode & S_IFMT == S_IFREG else {
      throw ConnectorError(
        .permanent,
        "\"\(path)\" is no regular file",
        hint: "a partition is a file of JSON lines, which can be read again"
      )
    }
    try requireSize(atLeast: max(start, limit ?? 0))
    // A line that ended there after all parts by itself.
    if cuts.offsets.last == start, try hasNewline(at: start) { cuts.offsets.removeLast() }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    buffer.deallocate()
    formerBuffer.deallocate()
  }

  var position: SourcePosition {
    FilePosition(name: name, offset: start + Int64(next), cuts: cuts).position
  }

  func read(atMost byteCount: Int) throws(ConnectorError) -> MessageRun {
    while true {
      if let end = endOfLines(within: byteCount) { return handOut(upTo: end) }
      if try fill(forRunOf: byteCount) { continue }
      guard isBounded, next < filled else { return handOut(upTo: next) }
      let end = start + Int64(filled)
      // What a former run has read up to here was settled then.
      if limit != nil { return handOut(upTo: filled) }
      if settledEnd == end {
        defer { cuts.offsets.append(end) }
        return handOut(upTo: filled)
      }
      awaitWriter()
      settledEnd = end
    }
  }

  func lag() throws(ConnectorError) -> Int64 {
    let end = if let limit { limit } else { Int64(try status().st_size) }
    return max(0, end - (start + Int64(next)))
  }

  // MARK: Lines

  /// The end of the last whole line among the next `byteCount` bytes, or else of the next line;
  /// nil if that is not whole yet.
  private func endOfLines(within byteCount: Int) -> Int? {
    guard next < filled, let base = buffer.baseAddress else { return nil }
    let cut = cuts.first(after: start + Int64(next)).map { Int($0 - start) } ?? .max
    let last = min(filled, cut)
    let window = min(max(byteCount, 1), last - next)
    var end = next + window
    while end > next {
      if buffer[end - 1] == Self.newline { return end }
      end -= 1
    }
    let rest = next + window
    guard let found = memchr(base + rest, Int32(Self.newline), last - rest) else {
      return last == cut ? cut : nil
    }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1
  }

  private func handOut(upTo end: Int) -> MessageRun {
    let run = next..<end
    next = end
    // Known as of the last fill: the file may have grown since.
    let isCaughtUp =
      hasSeenEnd
      && (next == filled || (!isBounded && endOfLines(within: filled - next) == nil))
    return MessageRun(
      bytes: UnsafeMutableRawBufferPointer(rebasing: buffer[run]),
      startOffset: start + Int64(run.lowerBound),
      isCaughtUp: isCaughtUp,
      startPosition: FilePosition(name: name, offset: start + Int64(run.lowerBound)).position
    )
  }

  // MARK: Filling

  /// Reads more behind what is there; false at the end.
  private func fill(forRunOf byteCount: Int) throws(ConnectorError) -> Bool {
    let rest = filled - next
    guard rest < Self.longestLineByteCount else {
      throw ConnectorError(
        .permanent,
        "line at byte \(start + Int64(next)) of \"\(path)\" is longer than "
          + "\(Self.longestLineByteCount) bytes",
        hint: "the log is damaged from there on: put the file right"
      )
    }
    // Twice as much as before for a line that is longer than a run.
    makeRoom(for: max(byteCount, Self.leastByteCount, 2 * rest))
    let room = max(byteCount, Self.leastByteCount, 2 * rest) - rest
    let offset = start + Int64(filled)
    let wanted = limit.map { Int(min(Int64(room), $0 - offset)) } ?? room
    let count = wanted > 0 ? try read(wanted, at: offset) : 0
    filled += count
    buffer[filled..<(filled + Self.padding)].initializeMemory(as: UInt8.self, repeating: 0)
    if limit == nil, start + Int64(next) == 0 {
      next = UnsafeRawBufferPointer(rebasing: buffer[..<filled]).byteOrderMarkByteCount
    }
    hasSeenEnd = count < wanted || wanted == 0 || offset + Int64(count) == limit
    if count == 0 { try requireSize(atLeast: offset) }
    return count > 0
  }

  /// Leaves the unread rest at the front of a buffer with room for `byteCount` bytes altogether: of
  /// the other one if anything of this one is handed out.
  private func makeRoom(for byteCount: Int) {
    let rest = UnsafeRawBufferPointer(rebasing: buffer[next..<filled])
    if next > 0 { swap(&buffer, &formerBuffer) }
    if buffer.count < byteCount + Self.padding {
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: byteCount + Self.padding,
        alignment: 64
      )
      larger.copyMemory(from: rest)
      buffer.deallocate()
      buffer = larger
    } else if next > 0 {
      buffer.copyMemory(from: rest)
    }
    start += Int64(next)
    filled = rest.count
    next = 0
  }

  private func read(_ count: Int, at offset: Int64) throws(ConnectorError) -> Int {
    while true {
      let result = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count, off_t(offset))
      if result >= 0 { return result }
      if errno != EINTR { throw .system("read \"\(path)\" at byte \(offset)", code: errno) }
    }
  }

  private func hasNewline(at offset: Int64) throws(ConnectorError) -> Bool {
    var byte: UInt8 = 0
    while pread(descriptor, &byte, 1, off_t(offset)) < 0 {
      if errno != EINTR { throw .system("read \"\(path)\" at byte \(offset)", code: errno) }
    }
    return byte == Self.newline
  }

  private func status() throws(ConnectorError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system("examine \"\(path)\"", code: errno)
    }
    return status
  }

  /// A log only grows: a file that is shorter than what was read of it, or deleted, is another log.
  private func requireSize(atLeast byteCount: Int64) throws(ConnectorError) {
    let status = try status()
    guard status.st_nlink > 0 else {
      throw ConnectorError(
        .permanent,
        "file \"\(path)\" was deleted while it was read",
        hint: "log files are never deleted or replaced: put it back, and start again"
      )
    }
    guard status.st_size >= byteCount else {
      throw ConnectorError(
        .permanent,
        "file \"\(path)\" has \(status.st_size) bytes, expected at least \(byteCount): "
          + "it was truncated or replaced",
        hint: "put the former file back, or attribute the new log into another database"
      )
    }
  }
}
