import Attribution
import Connect
import Dataflow
import Events

/// A late event, and what its epoch's commit has found out about it.
struct LateEvent {
  let time: EventTime
  /// The task's watermark when it was read.
  let watermark: Watermark
  /// In the log.
  let offset: Int64
  /// Changes no answer, by policy or because it lies beyond the horizon.
  let isDropped: Bool
  /// The engine cannot say whether it is new.
  let isUnchecked: Bool
  /// It is new, whatever is stored by now: the engine has taken it for new, and may let it count, or
  /// what is stored was read after it.
  var isNew: Bool
  /// Fingerprints of the user_id and of the event_id.
  let user: HashKey
  let id: HashKey
  /// Among all events of the task.
  let order: Int64
  /// Where the rows of its epoch's on-time checkouts end that were read before it, in bytes.
  let checkoutsEnd: Int
  /// Nil where nothing is kept.
  let place: RecentEvents.Place?
  /// Where its raw row stands.
  let row: Range<Int>

  /// The recent events know everything about its time.
  var isKnown = false
  /// It is stored already.
  var isResend = false
  /// How many answers it changes of those that were read before it, pending ones too.
  var restated = 0

  /// True when the recent events answer what it asks for.
  var asks: Bool { isKnown && !isResend && !isDropped }
}

/// The late events of an epoch and stream, in log order, and their raw rows.
struct LateEvents: ~Copyable {
  let stream: StreamKind
  private(set) var events: [LateEvent] = []
  private var rows = CopyBuffer()

  init(_ stream: StreamKind) { self.stream = stream }

  var isEmpty: Bool { events.isEmpty }
  var byteCount: Int { rows.count }
  var stored: [LateEvent] { events.filter { !$0.isResend } }

  /// Encodes a late record, and adds it to the recent events.
  mutating func append<Record: RecentRecord>(
    _ record: Record,
    _ verdict: Verdict,
    at watermark: Watermark,
    isDropped: Bool,
    checkoutsEnd: Int = 0,
    to recent: RecentEvents,
    ingestedAt: EventTime
  ) {
    let start = rows.count
    record.write(to: &rows, ingestedAt: ingestedAt)
    let place = recent.addLate(record, at: watermark, isDropped: isDropped)
    let isUnchecked = verdict == .lateUnchecked
    events.append(
      LateEvent(
        time: record.time,
        watermark: watermark,
        offset: record.offset,
        isDropped: isDropped,
        isUnchecked: isUnchecked,
        isNew: stream == .clicks && !isUnchecked,
        user: record.userID.fingerprint(of: record.message),
        id: record.eventID.fingerprint(of: record.message),
        order: recent.order,
        checkoutsEnd: checkoutsEnd,
        place: place,
        row: start..<rows.count
      )
    )
  }

  mutating func removeAll(keepingAtMost byteCount: Int) {
    events.removeAll(keepingCapacity: true)
    rows.removeAll(keepingAtMost: byteCount)
  }

  // MARK: Findings

  mutating func know(_ number: Int, _ isKnown: Bool) { events[number].isKnown = isKnown }

  mutating func count(_ restated: Int, of number: Int) { events[number].restated = restated }

  mutating func noteNew(_ number: Int) { events[number].isNew = true }

  /// It is a resend, and no candidate of any answer; its id stays known.
  mutating func takeBack(_ number: Int) {
    events[number].isResend = true
    if let place = events[number].place { place.slice.events.drop(place.number, of: stream) }
  }

  /// As above, of the events at these offsets of the log.
  mutating func takeBack(offsets: [Int64]) {
    guard !offsets.isEmpty else { return }
    let offsets = Set(offsets)
    for number in events.indices where offsets.contains(events[number].offset) { takeBack(number) }
  }

  /// How many are no resends, and how many of these change no answer.
  var storedCounts: (stored: Int64, dropped: Int64) {
    (Int64(stored.count), Int64(stored.count { $0.isDropped }))
  }

  // MARK: Rows

  /// The numbers of those that may be resends for all that is known, their event_ids and their
  /// user_ids as text[].
  func storedKeys() -> (numbers: [Int], ids: String, userIDs: String) {
    let numbers = events.indices.filter { !events[$0].isResend && !events[$0].isNew }
    return (
      numbers,
      numbers.map { id(of: events[$0]) }.arrayLiteral,
      userIDs(of: numbers)
    )
  }

  /// The user_ids of these, as text[].
  func userIDs(of numbers: [Int]) -> String {
    numbers.map { userID(of: events[$0]) }.arrayLiteral
  }

  /// Its event_id, valid until the next change.
  func id(of event: LateEvent) -> UnsafeRawBufferPointer { keys(of: event).id }

  /// Its user_id, valid until the next change.
  func userID(of event: LateEvent) -> UnsafeRawBufferPointer { keys(of: event).userID }

  /// event_id and user_id as COPY fields: the first two of either raw table.
  func keyFields(of event: LateEvent) -> UnsafeRawBufferPointer {
    let keys = keys(of: event)
    return UnsafeRawBufferPointer(
      rebasing: fields(of: event).prefix(8 + keys.id.count + keys.userID.count)
    )
  }

  /// The raw row's fields, without its header.
  func fields(of event: LateEvent) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: rows.bytes[event.row.dropFirst(2)])
  }

  /// The raw rows that are to be stored.
  func storedRows() -> CopyBuffer {
    var stored = CopyBuffer(capacity: rows.count)
    for event in events where !event.isResend {
      var cursor = stored.reserve(event.row.count)
      cursor.fields(UnsafeRawBufferPointer(rebasing: rows.bytes[event.row]))
      stored.commit(to: cursor)
    }
    return stored
  }

  private func keys(
    of event: LateEvent
  ) -> (id: UnsafeRawBufferPointer, userID: UnsafeRawBufferPointer) {
    var reader = CopyFieldReader(fields(of: event))
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    // Every event has both.
    return (reader.next() ?? none, reader.next() ?? none)
  }
}

extension [UnsafeRawBufferPointer] {
  /// `{"a","b"}`: these texts as a `text[]`.
  fileprivate var arrayLiteral: String {
    let elements = map { text in
      let escaped = text.flatMap { byte in
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
          ? [UInt8(ascii: "\\"), byte] : [byte]
      }
      return "\"\(String(decoding: escaped, as: UTF8.self))\""
    }
    return "{\(elements.joined(separator: ","))}"
  }
}
