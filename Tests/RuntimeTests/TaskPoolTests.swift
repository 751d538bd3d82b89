import Attribution
import Connect
import Dataflow
import Logging
import TestSupport
import Testing

@testable import Runtime

/// Which thread steps which task.
@Suite struct TaskPoolTests {
  private let pool = TaskPool(workers: 2, pollInterval: .seconds(3600))

  private func slot(_ number: Int) throws -> TaskSlot {
    let clock = ManualClock().clock
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let job = JobEnvironment(
      source: MemoryLog(partitions: 8),
      sink: MemorySink(rule: AttributionRule()),
      settings: smallSteps(),
      clock: clock,
      control: JobControl(clock: clock, stopTimeout: .zero, logger: logger),
      logger: logger,
      isShared: false,
      reportCommit: { _, _ in }
    )
    return try TaskSlot(number, job: job, commits: InlineCommits())
  }

  /// The task that a thread is to step.
  private func take(_ worker: Int) -> TaskSlot? {
    guard case .step(let slot) = pool.next(for: worker) else { return nil }
    return slot
  }

  private func readsAhead(_ worker: Int) -> Bool {
    if case .readAhead = pool.next(for: worker) { true } else { false }
  }

  private func next(_ worker: Int) -> Int? { take(worker)?.number }

  @Test func `a thread goes round among its own tasks`() throws {
    let slots = try (0..<4).map { try slot($0) }
    slots.forEach { pool.add($0) }
    var order: [Int] = []
    for _ in 0..<6 {
      let taken = try #require(take(0))
      order.append(taken.number)
      pool.putBack(taken, .progressed)
    }
    #expect(order == [0, 2, 0, 2, 0, 2])
  }

  @Test func `a thread without tasks takes over one that waits for its turn, and keeps it`() throws
  {
    let slots = try (0..<3).map { try slot($0) }
    slots.forEach { pool.add($0) }
    // Thread 0 has tasks 0 and 2; thread 1 is done with task 1.
    let own = try #require(take(1))
    #expect(own.number == 1)
    pool.putBack(own, .ended(.finished))
    let first = try #require(take(0))
    #expect(first.number == 0)
    let stolen = try #require(take(1))
    #expect(stolen.number == 2)
    pool.putBack(stolen, .progressed)
    pool.putBack(first, .progressed)
    #expect(next(0) == 0)
    #expect(next(1) == 2)
  }

  @Test func `a task that is being stepped is nobody else's`() throws {
    pool.add(try slot(0))
    let taken = try #require(take(0))
    let other = Background { [pool] in
      let work = pool.next(for: 1)
      if case .step(let slot) = work { #expect(slot.number == 0) } else { Issue.record("no step") }
    }
    pool.putBack(taken, .progressed)
    pool.wake(task: 0)
    try other.wait()
  }

  @Test func `a task that waits is stepped again when its commit is settled`() throws {
    let slot = try slot(0)
    pool.add(slot)
    #expect(next(0) == 0)
    pool.putBack(slot, .waiting)
    pool.wake(task: 0)
    #expect(next(0) == 0)
    // Settled before the step had ended.
    pool.wake(task: 0)
    pool.putBack(slot, .waiting)
    #expect(next(0) == 0)
  }

  @Test func `a thread with nothing to step reads ahead, once a step`() throws {
    for number in 0..<2 { pool.add(try slot(number)) }
    let stepped = try #require(take(0))
    pool.putBack(try #require(take(1)), .ended(.finished))
    pool.putBack(stepped, .progressed)
    #expect(next(0) == 0)
    #expect(readsAhead(1))
    // Having nothing more to do, the thread waits until the next step begins.
    let other = Background { [pool] in
      if case .readAhead = pool.next(for: 1) {} else { Issue.record("nothing to read ahead") }
    }
    pool.putBack(stepped, .progressed)
    #expect(next(0) == 0)
    try other.wait()
  }

  @Test func `threads end with the last task of a sealed pool`() throws {
    let slot = try slot(0)
    pool.add(slot)
    pool.seal()
    #expect(next(0) == 0)
    pool.putBack(slot, .ended(.finished))
    #expect(next(0) == nil)
    #expect(next(1) == nil)
    #expect(pool.isEmpty)
    let endings = pool.takeEndings()
    #expect(endings.map(\.slot.number) == [0])
    #expect(pool.takeEndings().isEmpty)
  }

  @Test func `waiting for tasks ends at its deadline`() throws {
    let slots = try (0..<2).map { try slot($0) }
    slots.forEach { pool.add($0) }
    let taken = try #require(take(0))
    pool.putBack(taken, .ended(.letGo))
    let left = pool.wait(for: slots, until: .now + .milliseconds(1))
    #expect(left.map(\.number) == [1])
    #expect(pool.wait(for: [taken], until: .now).isEmpty)
  }
}
