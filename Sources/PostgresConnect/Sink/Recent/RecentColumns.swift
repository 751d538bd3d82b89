import Dataflow
import Events

/// A stored event as a slice keeps it.
protocol RecentEntry: BitwiseCopyable {
  var time: EventTime { get }
  /// Its place among all events of the task, in the order in which they were read.
  var order: Int64 { get }
  /// Where its id stands in the slice's bytes.
  var id: UInt32 { get }
  var idByteCount: UInt8 { get }
  var isDropped: Bool { get set }
}

/// The clicks or the checkouts of a slice, and what they are found by.
///
/// ```
/// users     u7  u2  u7  u9 ...    fingerprints, which stand for the user_ids
/// ids       ..  ..  ..  ..        hashes, to be confirmed by the event_ids
/// entries   in the order in which they were read
/// ```
/// Nothing is entered into a table: next to no event is ever asked for, and whoever asks runs over a
/// column, once for all that a commit wants to know (`KeySet`). That takes about a nanosecond an
/// event.
struct RecentColumns<Entry: RecentEntry> {
  private(set) var entries: [Entry] = []
  private var users: [HashKey] = []
  private var ids: [UInt32] = []

  /// Memory held, in bytes.
  var byteCount: Int {
    entries.capacity * MemoryLayout<Entry>.stride
      + users.capacity * MemoryLayout<HashKey>.stride + ids.capacity * MemoryLayout<UInt32>.stride
  }

  @inline(__always)
  mutating func append(_ entry: Entry, user: HashKey, id: UInt32) {
    entries.append(entry)
    users.append(user)
    ids.append(id)
  }

  mutating func drop(_ number: Int) { entries[number].isDropped = true }

  /// The numbers of the events of these users, ascending, each with its user's place in the set.
  @inline(__always)
  func forEach(of set: KeySet, _ body: (_ number: Int, _ place: Int) -> Void) {
    for number in users.indices {
      if let place = set.place(of: users[number]) { body(number, place) }
    }
  }

  /// The numbers of the events whose id may be one of these, each with its hash's place in the set.
  @inline(__always)
  func forEach(withID set: KeySet, _ body: (_ number: Int, _ place: Int) -> Void) {
    for number in ids.indices {
      if let place = set.place(of: HashKey(ids[number])) { body(number, place) }
    }
  }
}
