package import Attribution
package import Connect
package import Events

/// Where the answers of a run go; everything or nothing of them stays there.
package protocol AttributionOutput: Sendable {
  /// Whether it stores records, and not only the answers.
  var storesRecords: Bool { get }
  /// Rows for one thread to fill.
  func makeRows() -> any OutputRows
  /// Takes rows of bad messages; by any thread at any time.
  func write(rejects rows: any OutputRows) throws(ConnectorError)
  /// Takes the rows of a partition, which waits until it is its turn: so the order is the same in
  /// every run.
  func write(_ rows: any OutputRows, of partition: Int) throws(ConnectorError)
  /// Wakes those who wait for a partition that will never come.
  func fail(_ error: ConnectorError)
  /// Makes what was written stay.
  func publish(_ summary: AttributionJob.Summary) throws(ConnectorError)
  /// Takes it away.
  func discard()
}

/// Rows on their way to an output, in its own form.
package protocol OutputRows: AnyObject {
  var byteCount: Int { get }
  func append(_ batch: ClickBatch, verdicts: [Verdict])
  func append(_ batch: CheckoutBatch, verdicts: [Verdict])
  func append(_ answers: [Answer])
  func append(_ rejects: [RejectedMessage], of stream: StreamKind)
  func removeAll()
}
