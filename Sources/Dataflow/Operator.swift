/// One step of a dataflow: records in, rows out, event time moved on by the caller.
///
/// An operator is a value without threads, clock or I/O. It learns the time only from `advance`, so
/// the same operator serves a stream (the watermark follows the data) and a batch (everything, then
/// `advance(to: .endOfInput)` once). Output is appended to buffers that the caller owns and empties.
///
/// Late is an input with `time < watermark`. It is appended to `late` as it came, for the caller to
/// count and to route, and changes nothing else.
///
/// Four laws hold for every operator, for input of which nothing is late:
/// 1. any batching of the same input gives the same rows;
/// 2. any order of arrival gives the same rows;
/// 3. `snapshot` and `restore` anywhere change nothing;
/// 4. stream = batch = the rule written down naively.
///
/// To chain two operators: `first.advance(to: w, into: &rows)`, then `second.process(rows, ...)`,
/// then `second.advance(to: w, ...)`; what `first` emits while advancing is on time for `second`.
@usableFromInline
package protocol Operator: ~Copyable {
  associatedtype Input
  associatedtype Output
  associatedtype Snapshot

  /// Takes records in any order; emits what needs no waiting.
  mutating func process(_ batch: [Input], into output: inout [Output], late: inout [Input])

  /// Promises that all records with a time before `watermark` were processed: emits what became
  /// final by that, in the order of event time, and forgets what is not needed any more.
  ///
  /// Never moves back: an older watermark does nothing.
  mutating func advance(to watermark: Watermark, into output: inout [Output])

  /// All that the operator remembers, as plain records.
  func snapshot() -> Snapshot

  /// Replaces what the operator remembers; its settings stay.
  mutating func restore(_ snapshot: Snapshot)
}

/// A record that happened at a point in event time.
@usableFromInline
package protocol Timestamped {
  var time: EventTime { get }
}
