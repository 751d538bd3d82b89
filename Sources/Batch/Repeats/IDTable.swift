import CScan

/// Numbers ids from 0 on, in the order in which they are first seen; their bytes decide.
///
/// Open addressing, at most half full. Expected O(1) a call.
struct IDTable: ~Copyable {
  private struct Member: BitwiseCopyable {
    let id: UnsafeRawPointer
    let byteCount: Int
    let hash: UInt64
  }

  private var members: [Member] = []
  /// Numbers of members, from 1 on.
  private var slots: [UInt32] = []

  init() { resizeSlots(Self.smallestSlotCount) }

  private static let smallestSlotCount = 4096

  var count: Int { members.count }

  mutating func removeAll() {
    members.removeAll(keepingCapacity: true)
    resizeSlots(Self.smallestSlotCount)
  }

  /// The number of the id, which is entered if need be and then has to stay where it is.
  @inline(__always)
  mutating func insert(
    _ id: UnsafeRawPointer,
    _ byteCount: Int,
    _ hash: UInt64
  ) -> (number: Int, isNew: Bool) {
    let mask = slots.count &- 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place] != 0 {
      let index = Int(slots[place]) &- 1
      let member = members[index]
      if member.hash == hash, member.byteCount == byteCount,
        scan_equal_short(member.id, id, byteCount)
      {
        return (index, false)
      }
      place = (place &+ 1) & mask
    }
    return (enter(Member(id: id, byteCount: byteCount, hash: hash), at: place), true)
  }

  @inline(never)
  private mutating func enter(_ member: Member, at place: Int) -> Int {
    members.append(member)
    slots[place] = UInt32(truncatingIfNeeded: members.count)
    if members.count * 2 > slots.count { resizeSlots(slots.count * 4) }
    return members.count - 1
  }

  private mutating func resizeSlots(_ count: Int) {
    slots.removeAll(keepingCapacity: true)
    slots.append(contentsOf: repeatElement(0, count: count))
    for (index, member) in members.enumerated() {
      var place = Int(truncatingIfNeeded: member.hash) & (count - 1)
      while slots[place] != 0 { place = (place + 1) & (count - 1) }
      slots[place] = UInt32(index + 1)
    }
  }
}
