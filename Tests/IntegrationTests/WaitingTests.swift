import Foundation
import Testing

/// Runs tests that mostly wait for other processes on threads of their own.
///
/// The tests of a suite share as many threads as there are cores: one that waits for a session to
/// end would keep another from running.
struct WaitingTests: TestTrait, SuiteTrait, TestScoping {
  /// At most so many at once: each has several processes at work now and then.
  private static let threads = WaitingThreads(count: 6)

  var isRecursive: Bool { true }

  func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(Self.threads) { try await function() }
  }

  func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
    testCase == nil ? nil : self
  }
}

extension Trait where Self == WaitingTests {
  /// The tests mostly wait for other processes.
  static var mostlyWaits: Self { Self() }
}

/// A few threads that may block.
///
/// Unchecked: everything is touched under the condition's lock only.
private final class WaitingThreads: TaskExecutor, @unchecked Sendable {
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []

  init(count: Int) {
    for _ in 0..<count {
      Thread.detachNewThread { [self] in
        while true { next().runSynchronously(on: asUnownedTaskExecutor()) }
      }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.lock()
    jobs.append(job)
    condition.signal()
    condition.unlock()
  }

  private func next() -> UnownedJob {
    condition.lock()
    defer { condition.unlock() }
    while jobs.isEmpty { condition.wait() }
    return jobs.removeFirst()
  }
}
