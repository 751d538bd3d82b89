import Connect
import Dataflow

/// A click or checkout before it is written out: 64 bytes that the text is made from.
///
/// The same event always gives the same bytes.
struct Event: BitwiseCopyable {
  var time: EventTime
  /// The digits of its event_id.
  var serial: UInt64
  /// The digits of its session_id.
  var session: UInt64
  /// Index of the user.
  var user: UInt32
  /// Indices into the catalog: the product clicked, or the basket.
  var products = SIMD4<UInt32>()
  /// Pieces of each product in the basket; 0 behind its end.
  var quantities = SIMD4<UInt8>()
  /// Index of device and referrer.
  var origin: UInt8 = 0
  var payment: UInt8 = 0
  var stream: Stream
  var defect: Defect = .none

  enum Stream: UInt8, BitwiseCopyable {
    case clicks, checkouts

    var kind: StreamKind { self == .clicks ? .clicks : .checkouts }
  }
}
