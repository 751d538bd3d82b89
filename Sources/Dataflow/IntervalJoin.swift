/// Pairs of records of two streams with the same key, near each other in event time.
///
///     { (l, r) : key(l) = key(r),  time(r) - before <= time(l) <= time(r) + after }
///
/// both ends inclusive, relative to the right side. A pair is emitted when its second record comes.
/// `.rightOuter` also gives `(nil, r)` for an r without any l, once none can come:
/// `time(r) + after < watermark`. Example with before 10, after 0; clicks left, checkouts right:
///
///     checkout x@20           waits
///     click a@12              (a, x)      12 in [10, 20]
///     click b@10              (b, x)      the end counts
///     click c@9               waits, for checkouts at 9...19
///     checkout y@19           (c, y), (b, y), (a, y)
///     checkout z@35           waits
///     wm=20                   c leaves the state (9 + 10 < 20), b stays; y is final
///     click d@18              late: 18 < 20; not joined
///     wm=36                   x leaves, z is final without a click: (nil, z)
///
/// A row has its right record's time. Rows come out up to `after` behind the watermark: an operator
/// downstream is advanced to `outputWatermark`. State: lefts with `time >= watermark - before` and
/// rights with `time >= watermark - after`.
@usableFromInline
package struct IntervalJoin<Left: Timestamped, Right: Timestamped, Key: Hashable>: Operator,
  ~Copyable
{
  /// What becomes of a right record that nothing joins.
  @usableFromInline
  package enum Kind: Sendable { case inner, rightOuter }

  @usableFromInline
  package enum Input: Timestamped {
    case left(Left)
    case right(Right)

    @inlinable package var time: EventTime {
      switch self {
      case .left(let left): left.time
      case .right(let right): right.time
      }
    }
  }

  @usableFromInline
  package struct Output: Timestamped {
    /// Nil only for a right record that nothing joins.
    @usableFromInline package var left: Left?
    @usableFromInline package var right: Right

    @inlinable
    package init(left: Left?, right: Right) {
      self.left = left
      self.right = right
    }
    @inlinable package var time: EventTime { right.time }
  }

  @usableFromInline
  package struct Snapshot {
    @usableFromInline package var watermark: Watermark
    @usableFromInline package var lefts: [Left]
    @usableFromInline package var rights: [(right: Right, isJoined: Bool)]
  }

  @usableFromInline let kind: Kind
  @usableFromInline let before: EventSpan
  @usableFromInline let after: EventSpan
  @usableFromInline let leftKey: @Sendable (Left) -> Key
  @usableFromInline let rightKey: @Sendable (Right) -> Key

  @usableFromInline var watermark: Watermark = .beginning
  @usableFromInline var lefts = KeyedTimeline<Key, Left>()
  @usableFromInline var rights = KeyedTimeline<Key, (right: Right, isJoined: Bool)>()

  /// Makes a join with an empty state.
  ///
  /// - Parameters:
  ///   - leftKey: the key of a left record.
  ///   - rightKey: the key of a right record.
  ///   - before: how much earlier than its right record a left one may be.
  ///   - after: how much later; negative when it must be earlier.
  ///   - kind: what becomes of a right record that nothing joins.
  @inlinable
  package init(
    left leftKey: @escaping @Sendable (Left) -> Key,
    right rightKey: @escaping @Sendable (Right) -> Key,
    before: EventSpan,
    after: EventSpan = .seconds(0),
    _ kind: Kind
  ) {
    precondition(
      before.microseconds &+ after.microseconds >= 0,
      "interval is empty: \(before.microseconds) us before to \(after.microseconds) us after"
    )
    self.leftKey = leftKey
    self.rightKey = rightKey
    self.before = before
    self.after = after
    self.kind = kind
  }

  /// The watermark of the rows: none that comes later has a smaller time.
  @inlinable package var outputWatermark: Watermark { watermark - after }

  /// Number of left records held.
  @inlinable package var leftCount: Int { lefts.count }

  @inlinable
  package mutating func process(
    _ batch: [Input],
    into output: inout [Output],
    late: inout [Input]
  ) {
    for input in batch {
      guard input.time >= watermark else {
        late.append(input)
        continue
      }
      switch input {
      case .left(let left): join(left, into: &output)
      case .right(let right): join(right, into: &output)
      }
    }
  }

  @inlinable
  package mutating func advance(to watermark: Watermark, into output: inout [Output]) {
    guard watermark > self.watermark else { return }
    self.watermark = watermark
    while lefts.popFirst(before: watermark - before) != nil {}
    while let (_, (right, isJoined)) = rights.popFirst(before: outputWatermark) {
      if kind == .rightOuter, !isJoined { output.append(Output(left: nil, right: right)) }
    }
  }

  @inlinable
  mutating func join(_ left: Left, into output: inout [Output]) {
    let key = leftKey(left)
    rights.update(key, in: (left.time - after)...(left.time + before)) { entry in
      entry.isJoined = true
      output.append(Output(left: left, right: entry.right))
    }
    lefts.insert(left, of: key, at: left.time)
  }

  @inlinable
  mutating func join(_ right: Right, into output: inout [Output]) {
    let key = rightKey(right)
    var isJoined = false
    lefts.update(key, in: (right.time - before)...(right.time + after)) { left in
      isJoined = true
      output.append(Output(left: left, right: right))
    }
    rights.insert((right, isJoined), of: key, at: right.time)
  }

  @usableFromInline
  package func snapshot() -> Snapshot {
    var snapshot = Snapshot(watermark: watermark, lefts: [], rights: [])
    var lefts = lefts
    while let (_, left) = lefts.popFirst() { snapshot.lefts.append(left) }
    var rights = rights
    while let (_, right) = rights.popFirst() { snapshot.rights.append(right) }
    return snapshot
  }

  @usableFromInline
  package mutating func restore(_ snapshot: Snapshot) {
    watermark = snapshot.watermark
    lefts = KeyedTimeline()
    for left in snapshot.lefts { lefts.insert(left, of: leftKey(left), at: left.time) }
    rights = KeyedTimeline()
    for entry in snapshot.rights {
      rights.insert(entry, of: rightKey(entry.right), at: entry.right.time)
    }
  }
}
