import Events

/// Groups of texts that many records share, such as the product of a click: each is kept once.
///
/// ```
/// slots     | tag, reference | tag, reference | ...      open addressing, at most half full
/// groups    | texts as they are packed | texts ... |     by reference, from 1 on
/// ```
/// It takes a limited number; further ones have the reference 0, and their records keep them.
///
/// Equality is decided by the bytes, never by the hash, whose seed is the process's.
final class TextTable {
  private struct Slot: BitwiseCopyable {
    var tag: UInt32
    var reference: UInt32
  }

  private struct Group: BitwiseCopyable {
    var texts: UnsafeMutableRawPointer
    var byteCount: Int
  }

  private static let maximumGroupCount = 1 << 16
  static let maximumGroupByteCount = 512
  private static let blockByteCount = 64 << 10

  private let seed = UInt64.random(in: 1 ... .max)
  private var slots: UnsafeMutablePointer<Slot>
  private var mask = 255
  private var groups: [Group] = []
  private var blocks: [UnsafeMutableRawPointer] = []
  /// Where the next group goes, and how much room is there.
  private var cursor: UnsafeMutableRawPointer
  private var room = TextTable.blockByteCount

  init() {
    slots = Self.makeSlots(256)
    cursor = Self.makeBlock()
    blocks.append(cursor)
  }

  deinit {
    slots.deallocate()
    for block in blocks { block.deallocate() }
  }

  /// The packed texts of a reference, which is not 0.
  @inline(__always)
  func texts(_ reference: UInt32) -> UnsafeRawPointer {
    UnsafeRawPointer(groups[Int(reference) - 1].texts)
  }

  /// The reference of the texts, which are entered if there is room; 0 if not.
  @inline(__always)
  func reference(of texts: some TextGroup, in message: UnsafeRawPointer) -> UInt32 {
    withUnsafeTemporaryAllocation(byteCount: Self.maximumGroupByteCount, alignment: 16) { memory in
      let byteCount = PackedTexts.maximumByteCount(texts) + PackedTexts.margin
      guard byteCount <= memory.count, let packed = memory.baseAddress else { return 0 }
      let end = PackedTexts.write(texts, of: message, to: packed)
      return reference(of: packed, byteCount: end - packed)
    }
  }

  @inline(__always)
  private func reference(of packed: UnsafeMutableRawPointer, byteCount: Int) -> UInt32 {
    let hash = hash(packed, byteCount)
    let tag = UInt32(truncatingIfNeeded: hash &>> 32)
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place].reference != 0 {
      let slot = slots[place]
      if slot.tag == tag, Self.equal(texts(slot.reference), packed, byteCount) {
        return slot.reference
      }
      place = (place &+ 1) & mask
    }
    return enter(packed, byteCount, tag, at: place)
  }

  @inline(never)
  private func enter(
    _ packed: UnsafeMutableRawPointer,
    _ byteCount: Int,
    _ tag: UInt32,
    at place: Int
  ) -> UInt32 {
    guard groups.count < Self.maximumGroupCount else { return 0 }
    if room < byteCount {
      cursor = Self.makeBlock()
      blocks.append(cursor)
      room = Self.blockByteCount
    }
    cursor.copyMemory(from: packed, byteCount: byteCount)
    groups.append(Group(texts: cursor, byteCount: byteCount))
    cursor += byteCount
    room -= byteCount
    let reference = UInt32(groups.count)
    slots[place] = Slot(tag: tag, reference: reference)
    if groups.count * 2 > mask { grow() }
    return reference
  }

  private func grow() {
    slots.deallocate()
    mask = mask * 2 + 1
    slots = Self.makeSlots(mask + 1)
    for (index, group) in groups.enumerated() {
      let hash = hash(group.texts, group.byteCount)
      var place = Int(truncatingIfNeeded: hash) & mask
      while slots[place].reference != 0 { place = (place &+ 1) & mask }
      slots[place] = Slot(
        tag: UInt32(truncatingIfNeeded: hash &>> 32),
        reference: UInt32(index + 1)
      )
    }
  }

  /// Folds 8 bytes a step by one multiplication to 128 bits.
  ///
  /// The last step may read up to 7 bytes more, which it masks out.
  @inline(__always)
  private func hash(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> UInt64 {
    var state = seed ^ UInt64(truncatingIfNeeded: count)
    var offset = 0
    while offset < count {
      var word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
      let rest = count &- offset
      if rest < 8 { word &= Self.mask(rest) }
      let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      state = product.high ^ product.low
      offset &+= 8
    }
    return state
  }

  /// Whether a group is that of these bytes.
  ///
  /// A shorter one differs in its lengths, which come first: what is read behind it does not count.
  @inline(__always)
  private static func equal(
    _ group: UnsafeRawPointer,
    _ packed: UnsafeMutableRawPointer,
    _ count: Int
  ) -> Bool {
    var offset = 0
    while offset < count {
      var difference =
        group.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        ^ packed.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      if count &- offset < 8 { difference = difference.littleEndian & mask(count &- offset) }
      if difference != 0 { return false }
      offset &+= 8
    }
    return true
  }

  /// The first bytes, up to seven, of a word.
  @inline(__always)
  private static func mask(_ byteCount: Int) -> UInt64 {
    (1 &<< UInt64(truncatingIfNeeded: byteCount &* 8)) &- 1
  }

  private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<Slot> {
    let slots = UnsafeMutablePointer<Slot>.allocate(capacity: count)
    slots.initialize(repeating: Slot(tag: 0, reference: 0), count: count)
    return slots
  }

  /// A block, behind which a comparison may read as far as the longest group.
  private static func makeBlock() -> UnsafeMutableRawPointer {
    .allocate(byteCount: blockByteCount + maximumGroupByteCount, alignment: 16)
  }
}
