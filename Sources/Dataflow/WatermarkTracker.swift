/// The watermark of one task: how far event time has come on the inputs that meet in it.
///
///     watermark(input) = max { time seen on it } - delay, or .beginning before its first record
///     watermark        = min { watermark(input) : input not idle }
///                      = max { watermark(input) } when all are idle
///
/// and never smaller than it was: an input that wakes up behind the task only has late records.
/// Half-open as everywhere: a record is late iff `time < watermark`. A record cannot make itself
/// late, so it may be asked before or after it is observed.
///
/// With a delay of 5, inputs c (clicks) and o (orders):
///
///     c 10        c: 5   o: .beginning   watermark .beginning   held back by o
///     o 30        c: 5   o: 25           watermark  5           held back by c
///     c 12 (c 4 would be late)           watermark  7
///     c idle      c: 7   o: 25           watermark 25           held back by o
///     c 13        c: 8   o: 25           watermark 25           late; c awake holds it back again
///
/// A timestamp beyond `ignoreBeyond` (a producer's clock that runs ahead) moves nothing. Observing
/// is O(1), and O(inputs) when it moves the input that holds the task back; no allocation.
@usableFromInline
package struct WatermarkTracker: Sendable {
  @usableFromInline
  struct Input: BitwiseCopyable, Sendable {
    /// Greatest event time seen; `.beginning` before the first record.
    @usableFromInline var greatest: EventTime = .beginning
    @usableFromInline var isIdle = false

    @usableFromInline
    init(greatest: EventTime = .beginning) { self.greatest = greatest }
  }

  /// How far a watermark stays behind the greatest event time seen.
  @usableFromInline package let delay: EventSpan

  /// Greatest time that may move a watermark, set by the driver for every batch to the wall clock
  /// plus 5 minutes; nil, for a bounded replay, is no bound.
  @usableFromInline package var ignoreBeyond: EventTime?

  /// The task's watermark, which only grows.
  @usableFromInline package private(set) var watermark: Watermark

  @usableFromInline var inputs: [Input]

  /// Starts at the beginning of every input.
  @usableFromInline
  package init(inputCount: Int, delay: EventSpan) {
    self.init(
      restoring: Array(repeating: .beginning, count: inputCount),
      watermark: .beginning,
      delay: delay
    )
  }

  /// Goes on from stored watermarks; every input is awake.
  ///
  /// - Parameters:
  ///   - inputWatermarks: what `watermark(ofInput:)` said when they were stored, input by input.
  ///   - watermark: the task's watermark then. It may be ahead of all inputs' minimum when one of
  ///     them was idle.
  ///   - delay: may differ from the stored run's: the greatest times are taken to be one `delay`
  ///     ahead of the stored watermarks.
  @usableFromInline
  package init(restoring inputWatermarks: [Watermark], watermark: Watermark, delay: EventSpan) {
    precondition(!inputWatermarks.isEmpty, "a task needs at least one input")
    precondition(delay.microseconds >= 0, "watermark delay is negative: \(delay.microseconds) us")
    self.delay = delay
    self.watermark = watermark
    inputs = inputWatermarks.map { Input(greatest: $0 + delay) }
    advance()
  }

  /// Takes note of a record's event time.
  @inlinable
  package mutating func observe(_ time: EventTime, input: Int) {
    let former = inputs[input].greatest
    guard time > former else { return }
    if let ignoreBeyond, time > ignoreBeyond { return }
    inputs[input].greatest = time
    // Only an input at or behind the task's watermark holds it back; when all are idle, all are.
    guard former - delay <= watermark else { return }
    advance()
  }

  /// True when the record comes too late: `time < watermark`.
  @inlinable
  package func isLate(_ time: EventTime) -> Bool { time < watermark }

  /// Marks an input as idle, so that it does not hold the others back, or as awake again.
  ///
  /// What idle means the caller decides (see `IdleDetector`): records alone wake nothing up.
  @usableFromInline
  package mutating func setIdle(_ isIdle: Bool, input: Int) {
    guard inputs[input].isIdle != isIdle else { return }
    inputs[input].isIdle = isIdle
    advance()
  }

  @usableFromInline
  package func isIdle(input: Int) -> Bool { inputs[input].isIdle }

  /// Greatest event time seen on the input - delay; `.beginning` before its first record.
  @usableFromInline
  package func watermark(ofInput input: Int) -> Watermark { inputs[input].greatest - delay }

  /// The input with the smallest watermark of those not idle, the first of equals; nil when all are
  /// idle.
  @usableFromInline package var heldBackBy: Int? {
    inputs.indices.lazy.filter { !inputs[$0].isIdle }
      .min { inputs[$0].greatest < inputs[$1].greatest }
  }

  @usableFromInline
  mutating func advance() {
    var smallestAwake = EventTime.endOfInput
    var greatest = EventTime.beginning
    var isAnyAwake = false
    for input in inputs {
      greatest = max(greatest, input.greatest)
      guard !input.isIdle else { continue }
      isAnyAwake = true
      smallestAwake = min(smallestAwake, input.greatest)
    }
    watermark = max(watermark, (isAnyAwake ? smallestAwake : greatest) - delay)
  }
}
