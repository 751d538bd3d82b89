import Dataflow

/// Events on their way to the log: in by event time, out by arrival.
///
///     ring of buckets      |  |  |##|# |  |...|      far: a heap of what arrives behind the ring
///                             ^ current
///
/// A bucket holds the arrivals of 2^shift microseconds in the order they came in, so that nothing
/// is sorted: O(1) an event. 64 bytes an event on its way.
struct Arrivals {
  private static let bucketCount = 1024

  /// Buckets are 2^shift microseconds wide.
  private let shift: Int64
  private var ring: [[Event]]
  /// Number of the first bucket that is not released yet; bucket n covers [n, n + 1) x 2^shift.
  private var current: Int64
  private var countInRing = 0
  private var far = TimeQueue<Event>()

  /// Starts with nothing on its way; a bucket's width is the greatest power of two within
  /// `widestBucket`.
  init(start: EventTime, widestBucket: EventSpan) {
    precondition(widestBucket.microseconds > 0, "bucket width \(widestBucket)")
    shift = Int64(63 - widestBucket.microseconds.leadingZeroBitCount)
    ring = Array(repeating: [], count: Self.bucketCount)
    current = start.microseconds &>> shift
  }

  /// What arrives before the current bucket counts into it.
  @inline(__always)
  mutating func insert(_ event: Event, at arrival: EventTime) {
    let number = max(current, bucket(arrival))
    guard number &- current < Int64(Self.bucketCount) else {
      far.insert(event, at: arrival)
      return
    }
    ring[Self.place(number)].append(event)
    countInRing &+= 1
  }

  /// Takes out all buckets that end by `time`.
  @inline(__always)
  mutating func release(by time: EventTime, into events: inout [Event]) {
    let end = bucket(time)
    if current < end { releaseBuckets(before: end, into: &events) }
  }

  /// Takes out everything.
  mutating func releaseAll(into events: inout [Event]) {
    while countInRing > 0 { releaseCurrent(into: &events) }
    while let (_, event) = far.popFirst() { events.append(event) }
  }

  private mutating func releaseBuckets(before end: Int64, into events: inout [Event]) {
    while current < end {
      if countInRing == 0 {
        // Nothing between here and the next far event, or the end.
        let next = far.firstTime.map { bucket($0) } ?? end
        current = min(end, max(current, next))
        guard current < end else { return }
      }
      releaseCurrent(into: &events)
    }
  }

  private mutating func releaseCurrent(into events: inout [Event]) {
    let place = Self.place(current)
    countInRing -= ring[place].count
    events.append(contentsOf: ring[place])
    ring[place].removeAll(keepingCapacity: true)
    current += 1
    while let time = far.firstTime, bucket(time) < current, let (_, event) = far.popFirst() {
      events.append(event)
    }
  }

  /// Rounds down, also before 1970.
  @inline(__always)
  private func bucket(_ time: EventTime) -> Int64 { time.microseconds &>> shift }

  @inline(__always)
  private static func place(_ bucket: Int64) -> Int { Int(bucket & Int64(bucketCount - 1)) }
}
