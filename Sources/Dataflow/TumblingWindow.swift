/// An aggregate per key and window of fixed size, once the window is final.
///
///     window(r) = [s, s + size),  s = floor(time(r) / size) x size,  counted from the Unix epoch
///     final       once s + size <= watermark: no record of the window is on time any more
///
/// With size 10 and a count:
///
///     a@9 | a@3 | b@10 | a@19
///     wm=9      nothing: a record at 9 may still come
///     a@9       counted
///     a@8       late: 8 < 9; not counted, though its window is open
///     wm=10     a [0, 10): 3
///     wm=30     b [10, 20): 1 | a [10, 20): 1
///
/// State: one aggregate per key and window that ends behind the watermark.
@usableFromInline
package struct TumblingWindow<Figure: Aggregate, Key: Hashable>: Operator, ~Copyable
where Figure.Record: Timestamped {
  @usableFromInline package typealias Input = Figure.Record

  @usableFromInline
  package struct Output {
    @usableFromInline package var key: Key
    /// First point in time of the window.
    @usableFromInline package var start: EventTime
    @usableFromInline package var figure: Figure

    @inlinable
    package init(key: Key, start: EventTime, figure: Figure) {
      self.key = key
      self.start = start
      self.figure = figure
    }
  }

  @usableFromInline
  package struct Snapshot {
    @usableFromInline package var watermark: Watermark
    @usableFromInline package var windows: [Output]
  }

  @usableFromInline let size: EventSpan
  @usableFromInline let key: @Sendable (Input) -> Key

  @usableFromInline var watermark: Watermark = .beginning
  /// A window closes at its last microsecond.
  @usableFromInline var windows = KeyedState<Key, Output>()

  /// Makes an operator with an empty state; `size` is at least a microsecond.
  @inlinable
  package init(size: EventSpan, by key: @escaping @Sendable (Input) -> Key) {
    precondition(size.microseconds >= 1, "window size is \(size.microseconds) us")
    self.size = size
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
      let key = key(record)
      let start = windowStart(of: record.time)
      windows.update(
        key,
        closingAt: lastInstant(of: start),
        initial: Output(key: key, start: start, figure: Figure())
      ) {
        $0.figure.add(record)
      }
    }
  }

  @inlinable
  package mutating func advance(to watermark: Watermark, into output: inout [Output]) {
    guard watermark > self.watermark else { return }
    self.watermark = watermark
    while let (_, _, window) = windows.popFirst(before: watermark) { output.append(window) }
  }

  @usableFromInline
  package func snapshot() -> Snapshot {
    var rest = windows
    var snapshot = Snapshot(watermark: watermark, windows: [])
    while let (_, _, window) = rest.popFirst() { snapshot.windows.append(window) }
    return snapshot
  }

  @usableFromInline
  package mutating func restore(_ snapshot: Snapshot) {
    watermark = snapshot.watermark
    windows = KeyedState()
    for window in snapshot.windows {
      windows.update(window.key, closingAt: lastInstant(of: window.start), initial: window) { _ in }
    }
  }

  @inlinable
  func windowStart(of time: EventTime) -> EventTime {
    let remainder = time.microseconds % size.microseconds
    // Rounds down before the epoch too.
    return time - EventSpan(microseconds: remainder < 0 ? remainder + size.microseconds : remainder)
  }

  @inlinable
  func lastInstant(of start: EventTime) -> EventTime {
    start + EventSpan(microseconds: size.microseconds - 1)
  }
}
