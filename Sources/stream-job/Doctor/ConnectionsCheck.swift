import Connect
import PostgresConnect
import Programs

/// Whether the server gives a job a connection for each of its tasks.
struct ConnectionsCheck {
  let choice: DatabaseChoice
  let taskCount: Int

  /// None where the database does not say.
  func findings() -> [Finding] {
    // What is wrong with the database itself is its own check's to say.
    guard let address = try? choice.runningAddress,
      let connection = try? PostgresConnection(examining: address)
    else { return [] }
    defer { connection.close() }
    do {
      try ConnectionLimit(on: connection).require(forTasks: taskCount)
      return [.ok("connections", "enough for the job's tasks: \(taskCount)")]
    } catch {
      return [.fail("connections", error)]
    }
  }
}
