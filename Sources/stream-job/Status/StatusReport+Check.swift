import Programs

extension StatusReport {
  /// For those who watch over the job.
  ///
  /// - Throws: `.failed`, unless every task is held by a worker and none is stopped.
  func requireRunning() throws(Failure) {
    guard !tasks.isEmpty else {
      throw Failure(.failed, "no worker has taken a task yet", hint: "Start a job.")
    }
    let share = "of \(tasks.count) tasks"
    let stopped = tasks.compactMap { task in task.stop.map { (task.task, $0.reason) } }
    if let (task, reason) = stopped.first {
      throw Failure(.failed, "\(stopped.count) \(share) stopped, task \(task): \(reason)")
    }
    let left = tasks.filter { !$0.isHeld }
    if let task = left.first?.task {
      throw Failure(
        .failed,
        "no worker has \(left.count) \(share), such as task \(task)",
        hint: "Start a job, unless one runs: it takes them again once it reaches the database."
      )
    }
  }
}
