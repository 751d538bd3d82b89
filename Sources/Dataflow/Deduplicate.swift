/// The first record of each key, as long as the key is remembered.
///
///     duplicate(r)  iff  some r' that is none arrived before r with key(r') = key(r) and
///                        time(r') + retention >= watermark
///
/// A record that is neither a duplicate nor late passes at once. With retention 5, and records a, b,
/// c at the time behind them:
///
///     a@10      emitted
///     b@8       emitted
///     a@10      duplicate: counted
///     wm=12     nothing is forgotten: 8 + 5 >= 12
///     a@10      duplicate, though it would be late
///     wm=14     b is forgotten: 8 + 5 < 14
///     b@8       late: 8 < 14; too old to be remembered again
///     c@13      late: 13 < 14; remembered
///     c@13      duplicate
///
/// A copy on time is always recognised (copies share their time, retention >= 0). State: the keys of
/// the records with `time >= watermark - retention`.
@usableFromInline
package struct Deduplicate<Record: Timestamped, Key: Hashable>: Operator, ~Copyable {
  @usableFromInline
  package struct Snapshot {
    @usableFromInline package var watermark: Watermark
    @usableFromInline package var duplicateCount: Int
    @usableFromInline package var keys: [(time: EventTime, key: Key)]
  }

  /// Number of records that were dropped because their key was remembered.
  @usableFromInline package private(set) var duplicateCount = 0

  @usableFromInline let retention: EventSpan
  @usableFromInline let key: @Sendable (Record) -> Key
  @usableFromInline var watermark: Watermark = .beginning
  @usableFromInline var remembered: Set<Key> = []
  @usableFromInline var expiring = TimeQueue<Key>()

  /// Makes an operator that remembers nothing.
  ///
  /// - Parameters:
  ///   - key: what two copies of a record share.
  ///   - retention: how far the watermark may pass a record's time before its key is forgotten.
  @inlinable
  package init(by key: @escaping @Sendable (Record) -> Key, retention: EventSpan) {
    precondition(retention.microseconds >= 0, "retention is negative: \(retention.microseconds) us")
    self.key = key
    self.retention = retention
  }

  @inlinable
  package mutating func process(
    _ batch: [Record],
    into output: inout [Record],
    late: inout [Record]
  ) {
    for record in batch {
      let key = key(record)
      let isForgotten = record.time < watermark - retention
      guard isForgotten ? !remembered.contains(key) : remembered.insert(key).inserted else {
        duplicateCount += 1
        continue
      }
      if !isForgotten { expiring.insert(key, at: record.time) }
      if record.time < watermark { late.append(record) } else { output.append(record) }
    }
  }

  @inlinable
  package mutating func advance(to watermark: Watermark, into output: inout [Record]) {
    guard watermark > self.watermark else { return }
    self.watermark = watermark
    while let (_, key) = expiring.popFirst(before: watermark - retention) {
      remembered.remove(key)
    }
  }

  @usableFromInline
  package func snapshot() -> Snapshot {
    var rest = expiring
    var snapshot = Snapshot(watermark: watermark, duplicateCount: duplicateCount, keys: [])
    while let (time, key) = rest.popFirst() { snapshot.keys.append((time, key)) }
    return snapshot
  }

  @usableFromInline
  package mutating func restore(_ snapshot: Snapshot) {
    watermark = snapshot.watermark
    duplicateCount = snapshot.duplicateCount
    remembered = Set(snapshot.keys.map(\.key))
    expiring = TimeQueue()
    for (time, key) in snapshot.keys { expiring.insert(key, at: time) }
  }
}
