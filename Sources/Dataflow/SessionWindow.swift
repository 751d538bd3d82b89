/// An aggregate per session: the records of a key with no pause longer than the gap between them.
///
///     same session  iff  key equal and time(next) - time(previous) <= gap, in time order
///     final              once time(last) + gap < watermark
///
/// With gap 5 and a count:
///
///     a@10 | a@20   two sessions, 10...10 and 20...20
///     a@15          joins them: 10...20, the gap's end counts
///     wm=20         nothing: 20 + 5 >= 20
///     a@18          late: 18 < 20; not counted, though its session is open
///     a@20          counted
///     wm=25         nothing: a record at 25 would still belong to it
///     wm=26         a 10...20: 4
///
/// State: the sessions with `last >= watermark - gap`, and the time of every record in them that was
/// their last when it came.
@usableFromInline
package struct SessionWindow<Figure: Aggregate, Key: Hashable>: Operator, ~Copyable
where Figure.Record: Timestamped {
  @usableFromInline package typealias Input = Figure.Record

  @usableFromInline
  package struct Output {
    @usableFromInline package var key: Key
    @usableFromInline package var first: EventTime
    @usableFromInline package var last: EventTime
    @usableFromInline package var figure: Figure

    @inlinable
    package init(key: Key, first: EventTime, last: EventTime, figure: Figure) {
      self.key = key
      self.first = first
      self.last = last
      self.figure = figure
    }
  }

  @usableFromInline
  package struct Snapshot {
    @usableFromInline package var watermark: Watermark
    @usableFromInline package var sessions: [Output]
  }

  @usableFromInline let gap: EventSpan
  @usableFromInline let key: @Sendable (Input) -> Key

  @usableFromInline var watermark: Watermark = .beginning
  /// The open sessions of each key, more than `gap` apart, in no order.
  @usableFromInline var sessions: [Key: [Output]] = [:]
  /// Holds the last time of every session, and times that were one before it grew.
  @usableFromInline var ending = TimeQueue<Key>()

  /// Makes an operator with an empty state; `gap` is not negative.
  @inlinable
  package init(gap: EventSpan, by key: @escaping @Sendable (Input) -> Key) {
    precondition(gap.microseconds >= 0, "session gap is negative: \(gap.microseconds) us")
    self.gap = gap
    self.key = key
  }

  @inlinable
  package mutating func process(
    _ batch: [Input],
    into output: inout [Output],
    late: inout [Input]
  ) {
    for record in batch {
      guard record.time >= watermark else {
        late.append(record)
        continue
      }
      add(record, of: key(record))
    }
  }

  @inlinable
  package mutating func advance(to watermark: Watermark, into output: inout [Output]) {
    guard watermark > self.watermark else { return }
    self.watermark = watermark
    while let (time, key) = ending.popFirst(before: watermark - gap) {
      // A session that has grown beyond this time has a later one in the queue.
      guard let index = sessions[key]?.firstIndex(where: { $0.last == time }) else { continue }
      if let session = sessions[key]?.remove(at: index) { output.append(session) }
      if sessions[key]?.isEmpty == true { sessions[key] = nil }
    }
  }

  /// Makes one session of the record and the sessions within the gap of it.
  @inlinable
  mutating func add(_ record: Input, of key: Key) {
    let time = record.time
    let near = (time - gap)...(time + gap)
    var session = Output(key: key, first: time, last: time, figure: Figure())
    session.figure.add(record)
    var endsSession = true
    sessions[key, default: []].removeAll { other in
      guard other.first <= near.upperBound, other.last >= near.lowerBound else { return false }
      if other.last >= time { endsSession = false }
      session.first = min(session.first, other.first)
      session.last = max(session.last, other.last)
      session.figure.merge(other.figure)
      return true
    }
    sessions[key, default: []].append(session)
    if endsSession { ending.insert(key, at: time) }
  }

  @usableFromInline
  package func snapshot() -> Snapshot {
    var rest = ending
    var snapshot = Snapshot(watermark: watermark, sessions: [])
    while let (time, key) = rest.popFirst() {
      guard let session = sessions[key]?.first(where: { $0.last == time }) else { continue }
      snapshot.sessions.append(session)
    }
    return snapshot
  }

  @usableFromInline
  package mutating func restore(_ snapshot: Snapshot) {
    watermark = snapshot.watermark
    sessions = Dictionary(grouping: snapshot.sessions, by: \.key)
    ending = TimeQueue()
    for session in snapshot.sessions { ending.insert(session.key, at: session.last) }
  }
}
