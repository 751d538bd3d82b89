import Events

/// Distinct texts of a buffer, found by fingerprint: each stands there once.
struct TextTable {
  private struct Text {
    var key: HashKey
    var offset: UInt32
    var byteCount: UInt32
  }

  private var texts: [Text] = []
  private var slots = SlotTable()

  /// Memory held, in bytes, without the texts.
  var byteCount: Int { texts.capacity * MemoryLayout<Text>.stride + slots.byteCount }

  /// The number of the text with this fingerprint, if it is there.
  @inline(__always)
  func number(_ key: HashKey) -> UInt32? {
    slots.find(UInt32(truncatingIfNeeded: key)) { texts[$0].key == key }
      .map { UInt32(truncatingIfNeeded: $0) }
  }

  /// Adds the text that was just written behind the buffer's end, up to the cursor.
  ///
  /// - Returns: its number.
  mutating func add(
    _ key: HashKey,
    textTo cursor: CopyCursor,
    in buffer: inout CopyBuffer
  ) -> UInt32 {
    let number = texts.count
    texts.append(
      Text(
        key: key,
        offset: UInt32(truncatingIfNeeded: buffer.count),
        byteCount: UInt32(truncatingIfNeeded: cursor.next - buffer.end)
      )
    )
    buffer.commit(to: cursor)
    slots.insert(number, hash: UInt32(truncatingIfNeeded: key)) {
      UInt32(truncatingIfNeeded: texts[$0].key)
    }
    return UInt32(truncatingIfNeeded: number)
  }

  /// Where the text of this number stands.
  func place(of number: UInt32) -> (offset: UInt32, byteCount: Int) {
    let text = texts[Int(number)]
    return (text.offset, Int(text.byteCount))
  }
}
