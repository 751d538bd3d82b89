package import Connect
import Foundation

/// A group of workers in one process that share a log, as a broker would run it.
///
/// Cooperative and sticky: a rebalance takes from a member only what others are to have, and gives
/// it to them once the member has let it go. Heartbeats are left out: a test says when a member's
/// session is over (`expire`).
///
/// Unchecked: everything is touched under the condition's lock only.
package final class FakeGroup: @unchecked Sendable {
  private let taskCount: Int
  private let condition = NSCondition()
  private var members: [Member] = []
  /// Whose worker hears nothing of the group.
  private var frozen: Set<String> = []
  /// Who has each task; nil while it is between two members.
  private var owners: [Member?]
  private var reports: [Int: (clicks: SourcePosition?, checkouts: SourcePosition?)] = [:]
  private var rebalances = 0

  package init(taskCount: Int) {
    self.taskCount = taskCount
    owners = Array(repeating: nil, count: taskCount)
  }

  /// A member in the eyes of the group, and the worker's end of it.
  private final class Member: TaskAssignment, @unchecked Sendable {
    let name: String
    unowned let group: FakeGroup
    var changes: [AssignmentChange] = []
    /// Tasks that it was told to give back.
    var leaving: Set<Int> = []
    var isExpired = false

    init(name: String, group: FakeGroup) {
      self.name = name
      self.group = group
    }

    func nextChange(atMost timeout: Duration) -> AssignmentChange? {
      group.nextChange(for: self, atMost: timeout)
    }

    func complete(_ change: AssignmentChange) { group.complete(change, by: self) }

    func report(task: Int, clicks: SourcePosition?, checkouts: SourcePosition?) {
      group.locked { group.reports[task] = (clicks, checkouts) }
    }

    func close() { group.remove(self) }
  }

  // MARK: The test's side

  /// The log as a member of the group sees it.
  package func source(_ log: MemoryLog, as member: String) -> any Source {
    GroupSource(log: log, group: self, member: member)
  }

  package var memberCount: Int { locked { members.count } }
  package var rebalanceCount: Int { locked { rebalances } }

  /// The tasks of a member, as the group has it.
  package func tasks(of name: String) -> [Int] {
    locked { owners.indices.filter { owners[$0]?.name == name } }
  }

  /// The clicks position that was reported last.
  package func reportedPosition(ofTask task: Int) -> SourcePosition? {
    locked { reports[task]?.clicks }
  }

  /// The member hears nothing of the group until it is thawed.
  package func freeze(_ name: String) { locked { _ = frozen.insert(name) } }
  package func thaw(_ name: String) { locked { _ = frozen.remove(name) } }

  /// The member's session is over: its tasks go to others without its consent.
  package func expire(_ name: String) {
    locked {
      guard let member = members.first(where: { $0.name == name }) else { return }
      let held = owners.indices.filter { owners[$0] === member }
      members.removeAll { $0 === member }
      for task in held { owners[task] = nil }
      member.isExpired = true
      member.changes = [.lost(held)]
      member.leaving = []
      rebalance()
    }
  }

  // MARK: The group's side

  fileprivate func join(_ name: String) -> any TaskAssignment {
    locked {
      let member = Member(name: name, group: self)
      members.append(member)
      rebalance()
      return member
    }
  }

  private func remove(_ member: Member) {
    locked {
      guard members.contains(where: { $0 === member }) else { return }
      members.removeAll { $0 === member }
      for task in owners.indices where owners[task] === member { owners[task] = nil }
      rebalance()
    }
  }

  private func nextChange(for member: Member, atMost timeout: Duration) -> AssignmentChange? {
    condition.lock()
    defer { condition.unlock() }
    let deadline = Date(timeIntervalSinceNow: timeout / .seconds(1))
    while true {
      // A frozen process does not come back from a call.
      if frozen.contains(member.name) {
        condition.wait()
      } else if member.changes.isEmpty {
        guard condition.wait(until: deadline) else { return nil }
      } else {
        return member.changes.removeFirst()
      }
    }
  }

  private func complete(_ change: AssignmentChange, by member: Member) {
    locked {
      switch change {
      case .assigned:
        break
      case .revoked(let tasks):
        for task in tasks where owners[task] === member {
          owners[task] = nil
          member.leaving.remove(task)
        }
        if !member.isExpired { handOut() }
      case .lost:
        guard member.isExpired else { break }
        member.isExpired = false
        members.append(member)
        rebalance()
      }
    }
  }

  /// Asks for what others are to have, and hands out what is free.
  private func rebalance() {
    rebalances += 1
    guard !members.isEmpty else { return }
    let targets = targets()
    for member in members {
      let taken = owners.indices.filter {
        owners[$0] === member && targets[$0] !== member && !member.leaving.contains($0)
      }
      guard !taken.isEmpty else { continue }
      member.leaving.formUnion(taken)
      member.changes.append(.revoked(taken))
    }
    handOut()
  }

  private func handOut() {
    guard !members.isEmpty else { return }
    let targets = targets()
    for member in members {
      let given = owners.indices.filter { owners[$0] == nil && targets[$0] === member }
      guard !given.isEmpty else { continue }
      for task in given { owners[task] = member }
      member.changes.append(.assigned(given))
    }
  }

  /// Evenly, and each task with its owner where that is even.
  private func targets() -> [Member] {
    var targets: [Member?] = Array(repeating: nil, count: taskCount)
    var room = members.enumerated().map { index, _ in
      taskCount / members.count + (index < taskCount % members.count ? 1 : 0)
    }
    for (index, member) in members.enumerated() {
      for task in owners.indices
      where owners[task] === member && !member.leaving.contains(task) && room[index] > 0 {
        targets[task] = member
        room[index] -= 1
      }
    }
    for task in targets.indices where targets[task] == nil {
      guard let index = room.indices.max(by: { room[$0] < room[$1] }) else { continue }
      targets[task] = members[index]
      room[index] -= 1
    }
    return targets.compactMap(\.self)
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    condition.lock()
    defer {
      condition.broadcast()
      condition.unlock()
    }
    return body()
  }
}

/// A log in memory, read by a member of a group.
private struct GroupSource: SourceOfMemory {
  let log: MemoryLog
  let group: FakeGroup
  let member: String

  func joinGroup(feeding sinkIdentity: String) -> (any TaskAssignment)? { group.join(member) }
}
