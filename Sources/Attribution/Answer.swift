package import Dataflow

/// The attribution of one checkout, as the sink writes it.
///
/// The pointers lead into the engine's memory: valid until the next call that changes the engine.
/// "Fields" are in PostgreSQL's binary COPY form, one after another: a big-endian Int32 byte count
/// (-1 for NULL) and the bytes. So the PostgreSQL sink copies them as they are, and the others
/// split them.
package struct Answer: BitwiseCopyable {
  package enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// This checkout has no stored row yet: insert.
    case new
    /// A row is stored, written by an earlier epoch, and differs; after a restart it may not be
    /// stored or not differ: insert it if there is none, replace it where it is different, revision
    /// + 1.
    case revision
  }

  package var kind: Kind
  /// True when `checkoutTime < watermark`: no on-time event can change it any more.
  package var isFinal: Bool
  package var clicksInWindow: Int32
  package var checkoutTime: EventTime
  /// checkout_id (text), user_id (text), checkout_timestamp (timestamptz), revenue (numeric).
  package var checkoutFields: UnsafeRawBufferPointer
  /// The first click's event_id, bytes without a count.
  ///
  /// Nil base address when the checkout is unattributed: then every click column is NULL.
  package var clickID: UnsafeRawBufferPointer
  package var clickTime: EventTime
  /// product_id, product_name, product_category (text).
  package var productFields: UnsafeRawBufferPointer
  /// referrer, device_type (text).
  package var originFields: UnsafeRawBufferPointer

  package var isAttributed: Bool { clickID.baseAddress != nil }

  package init(
    kind: Kind,
    isFinal: Bool,
    clicksInWindow: Int32,
    checkoutTime: EventTime,
    checkoutFields: UnsafeRawBufferPointer,
    clickID: UnsafeRawBufferPointer,
    clickTime: EventTime,
    productFields: UnsafeRawBufferPointer,
    originFields: UnsafeRawBufferPointer
  ) {
    self.kind = kind
    self.isFinal = isFinal
    self.clicksInWindow = clicksInWindow
    self.checkoutTime = checkoutTime
    self.checkoutFields = checkoutFields
    self.clickID = clickID
    self.clickTime = clickTime
    self.productFields = productFields
    self.originFields = originFields
  }
}
