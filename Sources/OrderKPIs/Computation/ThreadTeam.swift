import Dispatch
import Synchronization

/// Threads that share a list of tasks between them, taking the next one when they have done one.
package struct ThreadTeam: Sendable {
  package let count: Int

  /// - Parameter count: at least 1.
  package init(count: Int) {
    precondition(count >= 1, "a team of \(count) threads")
    self.count = count
  }

  /// Calls `work` once on each thread, which asks `next` for tasks until there is none.
  ///
  /// - Returns: what each thread returned, in no order.
  func map<Result: Sendable>(
    _ taskCount: Int,
    _ work: @Sendable (_ next: () -> Int?) -> Result
  ) -> [Result] {
    let taken = Atomic(0)
    let results = Mutex<[Result]>([])
    DispatchQueue.concurrentPerform(iterations: min(count, max(taskCount, 1))) { _ in
      let result = work {
        let task = taken.add(1, ordering: .relaxed).oldValue
        return task < taskCount ? task : nil
      }
      results.withLock { $0.append(result) }
    }
    return results.withLock { $0 }
  }

  /// As `map`, for work that may fail: the first failure is thrown once all threads have ended.
  func map<Result: Sendable, Failure: Error>(
    _ work: @Sendable () throws(Failure) -> Result
  ) throws(Failure) -> [Result] {
    let failure = Mutex<Failure?>(nil)
    let results = map(count) { _ -> Result? in
      do throws(Failure) {
        return try work()
      } catch {
        failure.withLock { $0 = $0 ?? error }
        return nil
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
    return results.compactMap(\.self)
  }
}
