package import Dataflow

/// A decoded click: typed times and amounts, and slices into the message it was decoded from.
///
/// Valid as long as the bytes that `message` points to stay in place.
@usableFromInline
package struct ClickRecord: BitwiseCopyable {
  /// Start of the message; the slices count from here.
  @usableFromInline package var message: UnsafeMutableRawPointer
  /// Length of the message without its line end.
  package var byteCount: Int32
  /// Where the message stands in its log (byte offset, Kafka offset): reported, never computed with.
  package var offset: Int64
  package var time: EventTime
  package var price: Money
  package var eventID: ByteSlice
  package var userID: ByteSlice
  package var productID: ByteSlice
  package var productName: ByteSlice
  package var productCategory: ByteSlice
  package var sessionID: ByteSlice
  package var deviceType: ByteSlice
  package var pageURL: ByteSlice
  package var referrer: ByteSlice

  package init(message: UnsafeMutableRawPointer, byteCount: Int32, offset: Int64) {
    self.message = message
    self.byteCount = byteCount
    self.offset = offset
    time = EventTime(microseconds: 0)
    price = .absent
    eventID = .absent
    userID = .absent
    productID = .absent
    productName = .absent
    productCategory = .absent
    sessionID = .absent
    deviceType = .absent
    pageURL = .absent
    referrer = .absent
  }

  /// The bytes of a field; empty when it is absent.
  @inlinable package func bytes(_ slice: ByteSlice) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: message + Int(slice.offset),
      count: slice.isAbsent ? 0 : Int(slice.length)
    )
  }
}
