import Dataflow
import Events

/// The texts of a record that its partition keeps, in a fixed order.
protocol KeptFields {
  func forEach(_ body: (ByteSlice) -> Void)
}

/// A record that can be kept in a partition and be made again from there.
protocol KeptRecord: EventRecord {
  associatedtype Texts: KeptFields

  static var stream: Stream { get }
  var texts: Texts { get }
  var amount: Money { get }

  /// The record that was packed at `record`, and the end of it.
  static func unpack(
    _ record: UnsafeMutableRawPointer
  ) -> (record: Self, end: UnsafeMutableRawPointer)
}

/// The two inputs; clicks come first.
enum Stream: UInt8, Sendable {
  case clicks, checkouts
}

extension ClickRecord: KeptRecord {
  static var stream: Stream { .clicks }
  var amount: Money { price }
  var texts: ClickTexts { ClickTexts(click: self) }

  static func unpack(
    _ packed: UnsafeMutableRawPointer
  ) -> (record: ClickRecord, end: UnsafeMutableRawPointer) {
    var texts = PackedRecord.Reader(packed, textCount: ClickTexts.count)
    var click = ClickRecord(message: texts.texts, byteCount: 0, offset: 0)
    click.time = EventTime(microseconds: packed.loadUnaligned(as: Int64.self))
    click.eventID = texts.next()
    click.userID = texts.next()
    click.productID = texts.next()
    click.productName = texts.next()
    click.productCategory = texts.next()
    click.referrer = texts.next()
    click.deviceType = texts.next()
    return (click, texts.end)
  }
}

struct ClickTexts: KeptFields {
  static let count = 7
  let click: ClickRecord

  @inline(__always)
  func forEach(_ body: (ByteSlice) -> Void) {
    body(click.eventID)
    body(click.userID)
    body(click.productID)
    body(click.productName)
    body(click.productCategory)
    body(click.referrer)
    body(click.deviceType)
  }
}

extension CheckoutRecord: KeptRecord {
  static var stream: Stream { .checkouts }
  var amount: Money { totalAmount }
  var texts: CheckoutTexts { CheckoutTexts(checkout: self) }

  static func unpack(
    _ packed: UnsafeMutableRawPointer
  ) -> (record: CheckoutRecord, end: UnsafeMutableRawPointer) {
    var texts = PackedRecord.Reader(packed, textCount: CheckoutTexts.count)
    var checkout = CheckoutRecord(message: texts.texts, byteCount: 0, offset: 0)
    checkout.time = EventTime(microseconds: packed.loadUnaligned(as: Int64.self))
    checkout.totalAmount = Money(
      hundredths: packed.loadUnaligned(fromByteOffset: 8, as: Int64.self)
    )
    checkout.eventID = texts.next()
    checkout.userID = texts.next()
    return (checkout, texts.end)
  }
}

struct CheckoutTexts: KeptFields {
  static let count = 2
  let checkout: CheckoutRecord

  @inline(__always)
  func forEach(_ body: (ByteSlice) -> Void) {
    body(checkout.eventID)
    body(checkout.userID)
  }
}
