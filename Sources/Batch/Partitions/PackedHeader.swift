import Dataflow
import Events

/// What every packed record begins with, so that it can be looked at without being unpacked.
///
/// ```
/// time (8) | length of event_id (1) | length of user_id (1) | detail (6) | event_id | user_id
/// detail   click: product (18 bits), origin (18 bits), writer (12 bits)
///          checkout: total_amount in hundredths
/// ```
struct PackedHeader: BitwiseCopyable {
  static let byteCount = 16
  /// Bits of a reference into a table of texts.
  static let referenceBits = 18
  /// A writer's number takes 12 bits.
  static let maximumWriterCount = 1 << 12

  let time: Int64
  private let word: UInt64

  @inline(__always)
  init(of packed: UnsafeRawPointer) { self = packed.loadUnaligned(as: PackedHeader.self) }

  @inline(__always)
  init(_ click: ClickRecord, product: UInt32, origin: UInt32, writer: Int) {
    time = click.time.microseconds
    word = Self.word(
      click.eventID,
      click.userID,
      detail: UInt64(product) | UInt64(origin) &<< 18
        | UInt64(truncatingIfNeeded: writer) &<< 36
    )
  }

  @inline(__always)
  init(_ checkout: CheckoutRecord) {
    time = checkout.time.microseconds
    word = Self.word(
      checkout.eventID,
      checkout.userID,
      detail: UInt64(bitPattern: checkout.totalAmount.hundredths)
    )
  }

  /// The contract's ids are 1 to 100 and 1 to 50 bytes long.
  @inline(__always)
  private static func word(_ eventID: ByteSlice, _ userID: ByteSlice, detail: UInt64) -> UInt64 {
    UInt64(UInt8(truncatingIfNeeded: eventID.length))
      | UInt64(UInt8(truncatingIfNeeded: userID.length)) &<< 8 | detail &<< 16
  }

  @inline(__always) var eventIDByteCount: Int { Int(truncatingIfNeeded: word & 0xFF) }
  @inline(__always) var userIDByteCount: Int { Int(truncatingIfNeeded: word &>> 8 & 0xFF) }
  /// Bytes of the header and both ids.
  @inline(__always) var identityEnd: Int {
    Self.byteCount &+ eventIDByteCount &+ userIDByteCount
  }

  @inline(__always) var product: UInt32 { UInt32(truncatingIfNeeded: word &>> 16) & Self.mask }
  @inline(__always) var origin: UInt32 { UInt32(truncatingIfNeeded: word &>> 34) & Self.mask }
  @inline(__always) var writer: Int { Int(truncatingIfNeeded: word &>> 52) }
  @inline(__always) var amount: Money { Money(hundredths: Int64(bitPattern: word) &>> 16) }

  private static let mask: UInt32 = 1 << referenceBits - 1
}

extension PackedHeader {
  /// The event_id of the record at `packed`.
  @inline(__always)
  func eventID(_ packed: UnsafeRawPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: packed + Self.byteCount, count: eventIDByteCount)
  }

  @inline(__always)
  func userID(_ packed: UnsafeRawPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: packed + Self.byteCount + eventIDByteCount,
      count: userIDByteCount
    )
  }
}
