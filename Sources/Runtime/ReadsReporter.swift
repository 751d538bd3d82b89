import Connect
import Dispatch
import Foundation
import Logging

/// Hands what a source has read of its log's parts to the sink, about once a second, for `status`.
///
/// Counts only: what cannot be handed over is handed over later, and never ends the job.
///
/// Unchecked: `isOver` is touched under the condition's lock, everything else by the thread.
final class ReadsReporter: @unchecked Sendable {
  /// What the last counts may take: a sink that is out of reach does not hold the job's end up.
  private static let farewell = DispatchTimeInterval.seconds(2)

  private let source: any Source
  private let ledger: any ReadsLedger
  private let logger: Logger
  private let interval: Duration
  private let condition = MonotonicCondition()
  private let hasEnded = DispatchSemaphore(value: 0)
  private var isOver = false
  private var reported: [Part: PartReads] = [:]
  private var isInTrouble = false

  private struct Part: Hashable {
    var stream: StreamKind
    var name: String
  }

  /// Begins; nil where the source counts nothing, or the sink keeps nothing.
  ///
  /// - Parameters:
  ///   - source: counts.
  ///   - sink: keeps the counts.
  ///   - logger: told when trouble begins.
  ///   - interval: between two handovers.
  init?(
    from source: any Source,
    to sink: any Sink,
    logger: Logger,
    interval: Duration = .seconds(1)
  ) {
    guard source.reads != nil, let ledger = sink.makeReadsLedger() else { return nil }
    self.source = source
    self.ledger = ledger
    self.logger = logger
    self.interval = interval
    let thread = Thread { [self] in
      while waitForTurn() { report() }
      report()
      hasEnded.signal()
    }
    thread.name = "reads"
    thread.start()
  }

  /// Hands the last counts over, if that does not take long, and ends.
  func finish() {
    condition.lock()
    isOver = true
    condition.signal()
    condition.unlock()
    _ = hasEnded.wait(timeout: .now() + Self.farewell)
  }

  /// - Returns: false when there is no other turn.
  private func waitForTurn() -> Bool {
    let deadline = ContinuousClock.now + interval
    condition.lock()
    defer { condition.unlock() }
    while !isOver, condition.wait(until: deadline) {}
    return !isOver
  }

  private func report() {
    let reads = source.reads ?? []
    let news = reads.compactMap { $0.since(reported[Part(stream: $0.stream, name: $0.part)]) }
    guard !news.isEmpty else { return }
    do throws(ConnectorError) {
      try ledger.add(news)
      for read in reads { reported[Part(stream: read.stream, name: read.part)] = read }
      isInTrouble = false
    } catch {
      guard !isInTrouble else { return }
      isInTrouble = true
      logger.warning(
        "could not write what was read of the log's parts, trying again",
        metadata: ["error": "\(error)"]
      )
    }
  }
}

extension PartReads {
  /// What has come on top of an earlier count; nil if nothing was asked since.
  fileprivate func since(_ former: PartReads?) -> PartReads? {
    guard let former else { return self }
    guard calls > former.calls else { return nil }
    var news = self
    news.calls -= former.calls
    news.throttledCalls -= former.throttledCalls
    news.records -= former.records
    news.bytes -= former.bytes
    return news
  }
}
