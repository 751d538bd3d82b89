import Connect

/// The tasks at work here, handed to the worker threads in turns: any thread may step any task, one
/// at a time each.
///
///                  next                  progressed
///     ready ----------------> running ---------------> ready
///       ^                        | waiting
///       +-- poll or commit ------+---------> waiting
///
/// A thread goes round among the tasks that it has stepped before, whose state is in its cache. One
/// without anything to do takes over a task that is waiting for its turn elsewhere: partitions are
/// uneven, and the longest must not end alone behind another. Where every task is being stepped, it
/// reads and decodes the next batch of one.
///
/// Unchecked: everything is touched under the condition's lock only. A turn costs a look at every
/// task; turns are batches.
final class TaskPool: @unchecked Sendable {
  /// What a thread is to do.
  enum Work {
    /// Step the task, then put it back.
    case step(TaskSlot)
    /// Read ahead for the task, which another thread steps; there is nothing to put back.
    case readAhead(TaskSlot)
  }

  private struct Entry {
    let slot: TaskSlot
    /// The thread that has stepped it last.
    var home: Int
    var state = State.ready
    /// The pool's count of turns when it was put back: the smallest is next.
    var turn = 0
    /// It was woken while it was running.
    var isWoken = false
    /// It has read something in its last step: it will need more.
    var wantsReadAhead = false

    var isRunning: Bool { state == .running }
  }

  private enum State: Equatable {
    case ready, running
    case waiting(until: ContinuousClock.Instant)
  }

  private let condition = MonotonicCondition()
  private var entries: [Entry] = []
  private var endings: [(slot: TaskSlot, ending: TaskSlot.Ending)] = []
  private var turns = 0
  /// Threads that wait for something to do.
  private var idleCount = 0
  private var isSealed = false
  private let workers: Int
  private let pollInterval: Duration

  /// - Parameters:
  ///   - workers: number of threads that call `next`, numbered from 0.
  ///   - pollInterval: after which a task that waits is stepped again.
  init(workers: Int, pollInterval: Duration) {
    self.workers = workers
    self.pollInterval = pollInterval
  }

  // MARK: The job's side

  /// Adds a task, with the thread that has the fewest.
  func add(_ slot: TaskSlot) {
    change {
      precondition(!isSealed, "task \(slot.number) was added to a sealed pool")
      let loads = entries.reduce(into: Array(repeating: 0, count: workers)) { $0[$1.home] += 1 }
      let home = loads.indices.min { loads[$0] < loads[$1] } ?? 0
      entries.append(Entry(slot: slot, home: home, turn: turns))
    }
  }

  /// No more tasks come: the threads end with the last one.
  func seal() { change { isSealed = true } }

  var isEmpty: Bool { locked { entries.isEmpty } }

  /// Ends what tasks wait for at the sink whose time to commit is over.
  ///
  /// To be called again and again: what comes between two statements of a sink ends neither.
  func interruptOverdue() {
    for slot in locked({ entries.map(\.slot) }) { slot.interruptIfOverdue() }
  }

  /// The tasks that have ended since the last call.
  func takeEndings() -> [(slot: TaskSlot, ending: TaskSlot.Ending)] {
    locked {
      defer { endings = [] }
      return endings
    }
  }

  /// Waits until these tasks have ended.
  ///
  /// - Returns: those that had not at the deadline.
  func wait(for slots: [TaskSlot], until deadline: ContinuousClock.Instant) -> [TaskSlot] {
    condition.lock()
    defer { condition.unlock() }
    while true {
      let left = slots.filter { slot in entries.contains { $0.slot === slot } }
      guard !left.isEmpty, ContinuousClock.now < deadline else { return left }
      _ = condition.wait(until: deadline)
    }
  }

  /// A commit of the task is settled, or something has come to read: it need not wait longer.
  func wake(task: Int) {
    change {
      for index in entries.indices where entries[index].slot.number == task {
        entries[index].isWoken = true
        if case .waiting = entries[index].state { entries[index].state = .ready }
      }
    }
  }

  // MARK: The threads' side

  /// Waits for something to do; nil when there will be nothing more.
  func next(for worker: Int) -> Work? {
    condition.lock()
    defer { condition.unlock() }
    while !(isSealed && entries.isEmpty) {
      let now = ContinuousClock.now
      if let index = turn(of: worker, at: now) {
        entries[index].state = .running
        entries[index].home = worker
        entries[index].isWoken = false
        if idleCount > 0, entries[index].wantsReadAhead { condition.signal() }
        return .step(entries[index].slot)
      }
      if let index = entries.firstIndex(where: { $0.isRunning && $0.wantsReadAhead }) {
        entries[index].wantsReadAhead = false
        return .readAhead(entries[index].slot)
      }
      let deadline = now + pollInterval
      idleCount += 1
      _ = condition.wait(until: nextPoll(of: worker).map { min($0, deadline) } ?? deadline)
      idleCount -= 1
    }
    return nil
  }

  /// Takes a task back after its step.
  func putBack(_ slot: TaskSlot, _ outcome: TaskSlot.Outcome) {
    condition.lock()
    defer { condition.unlock() }
    guard let index = entries.firstIndex(where: { $0.slot === slot }) else { return }
    turns += 1
    entries[index].turn = turns
    switch outcome {
    case .progressed:
      entries[index].state = .ready
      entries[index].wantsReadAhead = true
    case .waiting:
      entries[index].wantsReadAhead = false
      entries[index].state =
        entries[index].isWoken ? .ready : .waiting(until: .now + pollInterval)
    case .ended(let ending):
      entries.remove(at: index)
      endings.append((slot, ending))
      condition.broadcast()
    }
  }

  /// The task whose turn it is: of the thread's own the one stepped longest ago, or else one that
  /// its own thread does not come round to.
  private func turn(of worker: Int, at now: ContinuousClock.Instant) -> Int? {
    var best: Int?
    for index in entries.indices {
      let isOwn = entries[index].home == worker
      switch entries[index].state {
      case .running: continue
      case .ready: break
      case .waiting(let due): guard (isOwn ? due : due + pollInterval) <= now else { continue }
      }
      guard let former = best else {
        best = index
        continue
      }
      let isFormerOwn = entries[former].home == worker
      if isOwn == isFormerOwn ? entries[index].turn < entries[former].turn : isOwn { best = index }
    }
    return best
  }

  private func nextPoll(of worker: Int) -> ContinuousClock.Instant? {
    entries.compactMap { entry in
      guard entry.home == worker, case .waiting(let due) = entry.state else { return nil }
      return due
    }.min()
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    condition.lock()
    defer { condition.unlock() }
    return body()
  }

  /// Changes what the threads wait for.
  private func change(_ body: () -> Void) {
    locked {
      body()
      condition.broadcast()
    }
  }
}
