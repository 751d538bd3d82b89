import Connect
import Foundation
import Testing

@Suite struct MonotonicConditionTests {
  @Test(arguments: [Duration.zero, .seconds(-1), .microseconds(1), .milliseconds(20)])
  func `a wait ends at its deadline`(time: Duration) {
    let condition = MonotonicCondition()
    let deadline = ContinuousClock.now + time
    condition.withLock {
      while condition.wait(until: deadline) {}
    }
    #expect(ContinuousClock.now >= deadline)
  }

  @Test func `a signal ends a wait that would be long`() {
    let condition = MonotonicCondition()
    nonisolated(unsafe) var isSignalled = false
    Thread.detachNewThread {
      condition.withLock {
        isSignalled = true
        condition.signal()
      }
    }
    let deadline = ContinuousClock.now + .seconds(3600)
    condition.withLock {
      while !isSignalled { #expect(condition.wait(until: deadline)) }
    }
  }
}
