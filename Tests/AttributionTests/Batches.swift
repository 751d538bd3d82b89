import Attribution
import Dataflow
import Events

/// Messages in memory, as the decoder leaves them.
final class Messages {
  private var owned: [UnsafeMutableRawBufferPointer] = []

  deinit { for buffer in owned { buffer.deallocate() } }

  func click(_ event: Event) -> ClickRecord {
    var writer = MessageWriter()
    let id = writer.add(event.id)
    let user = writer.add(event.user)
    let product = writer.add(event.product)
    let name = writer.add(event.productName)
    let category = writer.add(event.category)
    let referrer = writer.add(event.referrer)
    let device = writer.add(event.device)
    var record = ClickRecord(message: own(writer.bytes), byteCount: 0, offset: 0)
    record.time = EventTime(microseconds: event.time)
    record.eventID = id
    record.userID = user
    record.productID = product
    record.productName = name
    record.productCategory = category
    record.referrer = referrer
    record.deviceType = device
    return record
  }

  func checkout(_ event: Event) -> CheckoutRecord {
    var writer = MessageWriter()
    let id = writer.add(event.id)
    let user = writer.add(event.user)
    var record = CheckoutRecord(message: own(writer.bytes), byteCount: 0, offset: 0)
    record.time = EventTime(microseconds: event.time)
    record.totalAmount = Money(hundredths: event.revenue)
    record.eventID = id
    record.userID = user
    return record
  }

  private func own(_ bytes: [UInt8]) -> UnsafeMutableRawPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 64, alignment: 1)
    buffer.copyBytes(from: bytes)
    owned.append(buffer)
    return buffer.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 1).unsafelyUnwrapped
  }
}

private struct MessageWriter {
  var bytes: [UInt8] = []

  mutating func add(_ text: String?) -> ByteSlice {
    guard let text else { return .absent }
    defer { bytes += Array(text.utf8) }
    return ByteSlice(offset: UInt32(bytes.count), length: Int32(text.utf8.count))
  }
}

/// COPY fields as text; nil for NULL.
///
/// The last field may be cut off by a wrong length: then it stops.
func fields(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]?] {
  var fields: [[UInt8]?] = []
  var offset = 0
  while offset + 4 <= bytes.count {
    let length = Int(
      Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    )
    offset += 4
    guard length >= 0 else {
      fields.append(nil)
      continue
    }
    fields.append(Array(bytes[offset..<min(offset + length, bytes.count)]))
    offset += length
  }
  return fields
}
