/// Distinct texts of a buffer, found by hash: each stands there once.
struct TextTable {
  private struct Text {
    var hash: UInt32
    var offset: UInt32
    var byteCount: UInt32
  }

  private var texts: [Text] = []
  private var slots = SlotTable()

  /// Memory held, in bytes, without the texts.
  var byteCount: Int { texts.capacity * MemoryLayout<Text>.stride + slots.byteCount }

  /// The number of the text that was just written behind the buffer's end, up to the cursor; the
  /// buffer takes it over where it is new.
  mutating func number(ofTextTo cursor: CopyCursor, in buffer: inout CopyBuffer) -> UInt32 {
    let text = UnsafeRawBufferPointer(start: buffer.end, count: cursor.next - buffer.end)
    let hash = text.hash
    let all = buffer.bytes
    let known = slots.find(hash) {
      let other = texts[$0]
      return other.hash == hash
        && all.part(at: other.offset, count: Int(other.byteCount)).holdsSame(as: text)
    }
    if let known { return UInt32(truncatingIfNeeded: known) }
    texts.append(
      Text(
        hash: hash,
        offset: UInt32(truncatingIfNeeded: buffer.count),
        byteCount: UInt32(truncatingIfNeeded: text.count)
      )
    )
    buffer.commit(to: cursor)
    slots.insert(texts.count - 1, hash: hash) { texts[$0].hash }
    return UInt32(truncatingIfNeeded: texts.count - 1)
  }

  /// Where the text of this number stands.
  func place(of number: UInt32) -> (offset: UInt32, byteCount: Int) {
    let text = texts[Int(number)]
    return (text.offset, Int(text.byteCount))
  }
}
