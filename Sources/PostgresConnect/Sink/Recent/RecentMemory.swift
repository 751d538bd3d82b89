import Synchronization

/// What the tasks of a worker may remember of the events that they stored, shared out evenly among
/// those that it has at the moment.
final class RecentMemory: Sendable {
  private let byteCount: Int
  private let tasks = Atomic(0)

  init(byteCount: Int) { self.byteCount = byteCount }

  /// A task's share, in bytes: less than the 32-bit offsets of its slices reach.
  var share: Int { min(byteCount / max(1, tasks.load(ordering: .relaxed)), 2 << 30) }

  /// A task has come.
  func join() { tasks.add(1, ordering: .relaxed) }

  /// A task has gone.
  func leave() { tasks.subtract(1, ordering: .relaxed) }
}
