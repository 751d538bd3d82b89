import CScan
import Events

/// Groups of texts that many records share, such as the product of a click: each is kept once.
///
/// ```
/// slots     | tag, reference, texts | ...                open addressing, at most half full
/// groups    | texts as in CopyTexts | texts ... |        by reference, from 1 on
/// ```
/// It takes a limited number; further ones have the reference 0, and their records keep them.
///
/// Equality is decided by the bytes, never by the hash, whose seed is the process's.
final class TextTable {
  private struct Slot: BitwiseCopyable {
    var tag: UInt32 = 0
    var reference: UInt32 = 0
    /// Of the group, so that only one more place has to be looked at.
    var texts: UnsafeMutableRawPointer?
  }

  /// What stands behind a reference.
  struct Group: BitwiseCopyable {
    fileprivate let texts: UnsafeMutableRawPointer
    fileprivate let byteCount: Int
    fileprivate let hash: UInt64

    @inline(__always) var bytes: UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: texts, count: byteCount)
    }
  }

  /// Behind a pointer, so that records do not pay for checks of exclusive access.
  private struct Storage {
    var slots: UnsafeMutablePointer<Slot>
    var mask = 255
    /// By reference less one; room for the greatest number.
    let groups = UnsafeMutablePointer<Group>.allocate(capacity: TextTable.maximumGroupCount)
    var groupCount = 0
    var blocks: [UnsafeMutableRawPointer] = []
    /// Where the next group goes, and how much room is there.
    var cursor: UnsafeMutableRawPointer
    var room = TextTable.blockByteCount
  }

  private static let maximumGroupCount = min(1 << 16, 1 << PackedHeader.referenceBits - 1)
  private static let maximumGroupByteCount = 512
  private static let blockByteCount = 64 << 10
  /// Groups that may have the same hash: that is of the ends of their texts only.
  private static let mostStrangers = 8

  private let seed = UInt64.random(in: 1 ... .max)
  private let storage = UnsafeMutablePointer<Storage>.allocate(capacity: 1)

  init() {
    let block = Self.makeBlock()
    storage.initialize(to: Storage(slots: Self.makeSlots(256), cursor: block))
    storage.pointee.blocks.append(block)
  }

  deinit {
    storage.pointee.slots.deallocate()
    storage.pointee.groups.deallocate()
    for block in storage.pointee.blocks { block.deallocate() }
    storage.deinitialize(count: 1)
    storage.deallocate()
  }

  /// The groups by reference less one; valid as long as the table is, and nothing is entered.
  var groups: UnsafePointer<Group> { UnsafePointer(storage.pointee.groups) }

  /// Under which the texts of the message are found.
  @inline(__always)
  func hash(of texts: some TextGroup, in message: UnsafeRawPointer) -> UInt64 {
    var state = seed
    texts.forEach { slice in
      let count = max(Int(slice.length), 0)
      // An absent text is not an empty one.
      state = WordHash.foldEnds(
        message + Int(slice.offset),
        count,
        into: state &+ (slice.isAbsent ? 1 : 0)
      )
    }
    return state
  }

  /// Asks for the slot of a hash; some records later, `prefetchGroup` may look at it.
  @inline(__always)
  func prefetchSlot(of hash: UInt64) {
    prefetch(storage.pointee.slots + Int(truncatingIfNeeded: hash) & storage.pointee.mask)
  }

  /// Asks for the texts that the hash probably leads to.
  @inline(__always)
  func prefetchGroup(of hash: UInt64) {
    prefetch(
      storage.pointee.slots[Int(truncatingIfNeeded: hash) & storage.pointee.mask].texts
    )
  }

  /// The reference of the texts, which are entered if there is room; 0 if not.
  @inline(__always)
  func reference(
    of texts: some TextGroup,
    _ hash: UInt64,
    in message: UnsafeRawPointer
  ) -> UInt32 {
    let tag = UInt32(truncatingIfNeeded: hash &>> 32)
    let (slots, mask) = (storage.pointee.slots, storage.pointee.mask)
    var place = Int(truncatingIfNeeded: hash) & mask
    var strangers = 0
    while let entered = slots[place].texts {
      if slots[place].tag == tag {
        if CopyTexts.equal(entered, texts, of: message) { return slots[place].reference }
        strangers &+= 1
        if strangers == Self.mostStrangers { return 0 }
      }
      place = (place &+ 1) & mask
    }
    return enter(texts, of: message, hash, at: place)
  }

  @inline(never)
  private func enter(
    _ texts: some TextGroup,
    of message: UnsafeRawPointer,
    _ hash: UInt64,
    at place: Int
  ) -> UInt32 {
    let mostBytes = CopyTexts.maximumByteCount(texts) + CopyTexts.margin
    guard storage.pointee.groupCount < Self.maximumGroupCount,
      mostBytes <= Self.maximumGroupByteCount
    else { return 0 }
    if storage.pointee.room < mostBytes {
      storage.pointee.cursor = Self.makeBlock()
      storage.pointee.blocks.append(storage.pointee.cursor)
      storage.pointee.room = Self.blockByteCount
    }
    let start = storage.pointee.cursor
    let end = CopyTexts.write(texts, of: message, to: start)
    storage.pointee.cursor = end
    storage.pointee.room -= end - start
    (storage.pointee.groups + storage.pointee.groupCount)
      .initialize(to: Group(texts: start, byteCount: end - start, hash: hash))
    storage.pointee.groupCount += 1
    let reference = UInt32(storage.pointee.groupCount)
    storage.pointee.slots[place] = Slot(
      tag: UInt32(truncatingIfNeeded: hash &>> 32),
      reference: reference,
      texts: start
    )
    if storage.pointee.groupCount * 2 > storage.pointee.mask { grow() }
    return reference
  }

  private func grow() {
    storage.pointee.slots.deallocate()
    let mask = storage.pointee.mask * 2 + 1
    let slots = Self.makeSlots(mask + 1)
    for index in 0..<storage.pointee.groupCount {
      let hash = storage.pointee.groups[index].hash
      var place = Int(truncatingIfNeeded: hash) & mask
      while slots[place].reference != 0 { place = (place &+ 1) & mask }
      slots[place] = Slot(
        tag: UInt32(truncatingIfNeeded: hash &>> 32),
        reference: UInt32(index + 1),
        texts: storage.pointee.groups[index].texts
      )
    }
    storage.pointee.slots = slots
    storage.pointee.mask = mask
  }

  private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<Slot> {
    let slots = UnsafeMutablePointer<Slot>.allocate(capacity: count)
    slots.initialize(repeating: Slot(), count: count)
    return slots
  }

  /// A block, behind which a comparison may read as far as the longest group.
  private static func makeBlock() -> UnsafeMutableRawPointer {
    .allocate(byteCount: blockByteCount + maximumGroupByteCount, alignment: 16)
  }
}
