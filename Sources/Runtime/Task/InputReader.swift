import Connect
import Events
import Synchronization

/// Something whose next batch can be read and decoded by a thread that has nothing else to do.
protocol ReadingAhead: AnyObject, Sendable {
  /// Does nothing when the next batch is there already, or another thread is at it.
  func readAhead()
}

/// Reads and decodes one input, at most one run ahead of the engine.
///
///     log --> [ ahead: run n + 1 ] -- next --> [ current: run n ] --> engine
///             any thread                       the task's thread
///
/// What is ahead belongs to nobody yet: positions are those of the current run, so a task that ends
/// in between has not read it. Runs that are empty are not kept, for what was the end of the log then
/// may not be it any more. Memory: two runs.
///
/// Unchecked: `current` is touched by the thread that steps the task, everything else by whoever has
/// the lock.
final class InputReader<Decoder: RunDecoder>: ReadingAhead, @unchecked Sendable {
  /// What the task has in work.
  private(set) var current: DecodedRun<Decoder.Record>

  private let lock = Mutex(())
  private let reader: any PartitionReader
  private let byteCount: Int
  private var decoder = Decoder()
  private var ahead: DecodedRun<Decoder.Record>
  private var isAhead = false
  /// Behind the last run that was read: the log's reader may have moved on when it throws, and what it
  /// passed was not read.
  private var position: SourcePosition
  /// True once a thread has looked ahead of the current run, whatever it found.
  private var hasLooked = false

  /// - Parameters:
  ///   - reader: opened where the task is to go on.
  ///   - byteCount: about the most of one run.
  init(_ reader: any PartitionReader, byteCount: Int) {
    self.reader = reader
    self.byteCount = byteCount
    position = reader.position
    current = DecodedRun(at: position)
    ahead = DecodedRun(at: position)
  }

  /// Makes the next run the current one, and waits for a thread that is reading it.
  ///
  /// Throws what reading it threw; the current run is then empty.
  func next() throws(ConnectorError) {
    lock.withLock { _ in
      if !isAhead { read() }
      isAhead = false
      hasLooked = false
      swap(&current, &ahead)
    }
    if let error = current.error { throw error }
  }

  /// Where a record of the current run stands in its partition: `Resend.place`.
  ///
  /// Waits for a thread that is reading ahead.
  func place(ofOffset offset: Int64) -> String {
    lock.withLock { _ in reader.place(ofOffset: offset) } ?? String(offset)
  }

  func readAhead() {
    lock.withLockIfAvailable { _ in
      // The second read after the current run's would take its memory.
      guard !hasLooked else { return }
      hasLooked = true
      read()
      isAhead = !ahead.isEmpty || ahead.gap != nil || ahead.error != nil || ahead.isMilestone
    }
  }

  /// Reads into `ahead`, whose run is not needed any more.
  private func read() {
    do throws(ConnectorError) {
      let run = try reader.read(atMost: byteCount)
      decoder.decode(run, into: &ahead.batch)
      for index in ahead.batch.rejects.indices {
        let offset = ahead.batch.rejects[index].offset
        ahead.batch.rejects[index].place = reader.place(ofOffset: offset)
      }
      ahead.error = nil
      ahead.isEmpty = run.isEmpty
      ahead.isCaughtUp = run.isCaughtUp
      ahead.gap = run.gap
      ahead.isMilestone = run.isMilestone
      ahead.byteCount = run.byteCount
      ahead.strayKeyCount = run.strayKeyCount(of: ahead.batch)
      ahead.startPosition = run.startPosition
      position = reader.position
      ahead.endPosition = position
      ahead.lag = try? reader.lag()
    } catch {
      ahead.batch.removeAll()
      ahead.error = error
      ahead.isEmpty = true
      ahead.isCaughtUp = false
      ahead.gap = nil
      ahead.isMilestone = false
      ahead.endPosition = position
      ahead.lag = nil
    }
  }
}
