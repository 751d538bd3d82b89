package import Dataflow

/// What the driver, the engine and the sinks need of a record whatever its stream.
package protocol EventRecord: BitwiseCopyable {
  var message: UnsafeMutableRawPointer { get }
  var byteCount: Int32 { get }
  var offset: Int64 { get }
  var time: EventTime { get }
  var eventID: ByteSlice { get }
  var userID: ByteSlice { get }

  /// The bytes of a field; empty when it is absent.
  func bytes(_ slice: ByteSlice) -> UnsafeRawBufferPointer
}

extension ClickRecord: EventRecord {}
extension CheckoutRecord: EventRecord {}
