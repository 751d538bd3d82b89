import Connect
import PostgresConnect
import Programs

/// What the database says was read, against the log that a job would go on with.
struct ProgressCheck {
  let choice: DatabaseChoice
  let log: any Source

  /// None where nothing was read yet, or where the database does not say.
  func findings() -> [Finding] {
    let tasks = tasks()
    guard !tasks.isEmpty else { return [] }
    do {
      for task in tasks { try check(task) }
      return [.ok("progress", "the log goes on where \(tasks.count) tasks have read it to")]
    } catch {
      return [.fail("progress", error)]
    }
  }

  private func tasks() -> [TaskStatus] {
    // What is wrong with the database itself is its own check's to say.
    guard let address = try? choice.runningAddress,
      let connection = try? PostgresConnection(examining: address)
    else { return [] }
    defer { connection.close() }
    return (try? StatusQuery(on: connection).tasks()) ?? []
  }

  private func check(_ task: TaskStatus) throws(ConnectorError) {
    guard task.source == log.identity else {
      throw .otherLog(
        in: "the database",
        task: task.task,
        of: task.source,
        expected: log.identity
      )
    }
    // What ages of records are counted by says what it still holds to those only who read.
    guard log.lagUnit != .milliseconds else { return }
    let inputs = [(StreamKind.clicks, task.progress.clicks), (.checkouts, task.progress.checkouts)]
    for (stream, input) in inputs {
      let reader = try log.open(stream, partition: task.task, at: input.position, until: .never)
      _ = try reader.lag()
    }
  }
}
