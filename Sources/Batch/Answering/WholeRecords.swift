import Attribution
import Connect
import Dataflow
import Events

/// Records on their way to an output that stores them, as events again, some hundred at a time.
struct WholeRecords: ~Copyable {
  private static let capacity = 256

  private var clicks = ClickBatch()
  private var checkouts = CheckoutBatch()
  private let verdicts = [Verdict](repeating: .onTime, count: WholeRecords.capacity)
  private var texts = TextMemory()

  init() {}

  /// Adds the packed record, whose shared texts are those of its writer, by writer.
  mutating func append(
    _ packed: UnsafeRawPointer,
    of stream: StreamKind,
    _ groups: UnsafeBufferPointer<TextGroups>,
    into rows: any OutputRows
  ) {
    if clicks.records.count == Self.capacity || checkouts.records.count == Self.capacity {
      flush(into: rows)
    }
    switch stream {
    case .clicks: append(click: packed, groups, into: rows)
    case .checkouts: append(checkout: packed, into: rows)
    }
  }

  /// Hands on what was added.
  mutating func flush(into rows: any OutputRows) {
    rows.append(clicks, verdicts: Array(verdicts.prefix(clicks.records.count)))
    rows.append(checkouts, verdicts: Array(verdicts.prefix(checkouts.records.count)))
    clicks.removeAll()
    checkouts.removeAll()
    texts.removeAll()
  }

  private mutating func append(
    click packed: UnsafeRawPointer,
    _ groups: UnsafeBufferPointer<TextGroups>,
    into rows: any OutputRows
  ) {
    let click = PackedClick(packed, groups)
    let fields = [click.productFields, click.originFields]
    reserve(
      ClickRecord.byteCount(of: packed, isWhole: true) + fields.reduce(0) { $0 + $1.count },
      into: rows
    )
    var record = ClickRecord(message: texts.end, byteCount: 0, offset: 0)
    record.time = EventTime(microseconds: click.header.time)
    record.price = Money(hundredths: click.rest.loadUnaligned(as: Int64.self))
    var writer = TextWriter(texts.end)
    record.eventID = writer.write(click.eventID)
    record.userID = writer.write(click.header.userID(packed))
    var reader = TextReader(click.productFields.baseAddress ?? packed)
    record.productID = writer.write(reader.next())
    record.productName = writer.write(reader.next())
    record.productCategory = writer.write(reader.next())
    reader = TextReader(click.originFields.baseAddress ?? packed)
    record.referrer = writer.write(reader.next())
    record.deviceType = writer.write(reader.next())
    reader = TextReader(click.rest + 8)
    record.sessionID = writer.write(reader.next())
    record.pageURL = writer.write(reader.next())
    record.byteCount = writer.byteCount
    texts.append(upTo: writer.end)
    clicks.records.append(record)
  }

  private mutating func append(
    checkout packed: UnsafeRawPointer,
    into rows: any OutputRows
  ) {
    reserve(CheckoutRecord.byteCount(of: packed, isWhole: true), into: rows)
    let header = PackedHeader(of: packed)
    var record = CheckoutRecord(message: texts.end, byteCount: 0, offset: 0)
    record.time = EventTime(microseconds: header.time)
    record.totalAmount = header.amount
    var writer = TextWriter(texts.end)
    record.eventID = writer.write(header.eventID(packed))
    record.userID = writer.write(header.userID(packed))
    var reader = TextReader(packed + header.identityEnd + 4)
    record.sessionID = writer.write(reader.next())
    record.paymentMethod = writer.write(reader.next())
    record.items = writer.write(reader.next())
    record.shippingAddress = writer.write(reader.next())
    record.byteCount = writer.byteCount
    texts.append(upTo: writer.end)
    checkouts.records.append(record)
  }

  private mutating func reserve(_ byteCount: Int, into rows: any OutputRows) {
    guard texts.room < byteCount else { return }
    flush(into: rows)
    texts.reserve(byteCount)
  }
}

/// Reads texts that stand as in `CopyTexts`, one after another.
private struct TextReader {
  private var cursor: UnsafeRawPointer

  init(_ start: UnsafeRawPointer) { cursor = start }

  /// The next text; nil if it is absent.
  mutating func next() -> UnsafeRawBufferPointer? {
    let start = cursor + 4
    let length = CopyTexts.next(&cursor)
    return length < 0 ? nil : UnsafeRawBufferPointer(start: start, count: Int(length))
  }
}

/// Writes the texts of a record one behind the other.
private struct TextWriter {
  private let start: UnsafeMutableRawPointer
  private(set) var end: UnsafeMutableRawPointer

  init(_ start: UnsafeMutableRawPointer) {
    self.start = start
    end = start
  }

  var byteCount: Int32 { Int32(truncatingIfNeeded: end - start) }

  mutating func write(_ text: UnsafeRawBufferPointer?) -> ByteSlice {
    guard let text else { return .absent }
    let slice = ByteSlice(
      offset: UInt32(truncatingIfNeeded: end - start),
      length: Int32(truncatingIfNeeded: text.count)
    )
    if let bytes = text.baseAddress {
      CopyField.copyVectors(from: bytes, to: end, byteCount: text.count)
    }
    end += text.count
    return slice
  }
}

/// The texts of the records that were unpacked last.
private struct TextMemory: ~Copyable {
  private static let smallestByteCount = 1 << 20

  private var start: UnsafeMutableRawPointer
  private var capacity = TextMemory.smallestByteCount
  private(set) var end: UnsafeMutableRawPointer

  init() {
    start = .allocate(byteCount: capacity + CopyTexts.margin, alignment: 64)
    end = start
  }

  deinit { start.deallocate() }

  var room: Int { start + capacity - end }

  mutating func append(upTo end: UnsafeMutableRawPointer) { self.end = end }

  mutating func removeAll() { end = start }

  /// Makes room in the empty memory.
  mutating func reserve(_ byteCount: Int) {
    guard byteCount > capacity else { return }
    start.deallocate()
    capacity = byteCount
    start = .allocate(byteCount: capacity + CopyTexts.margin, alignment: 64)
    end = start
  }
}
