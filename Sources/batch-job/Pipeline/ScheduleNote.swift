import Connect
import Dataflow
import Foundation
import InboxPipeline
import Programs

/// When the pipeline of an inbox will run next, noted by it for `status`.
struct ScheduleNote {
  private let path: String

  init(of inbox: InboxDirectory) { path = "\(inbox.state)/next-run" }

  func write(next: EventTime) {
    guard let process = ProcessIdentity(of: getpid()) else { return }
    // For people: nothing depends on it.
    try? "\(process)\n\(next.microseconds)\n"
      .write(toFile: path, atomically: true, encoding: .utf8)
  }

  func remove() { unlink(path) }

  /// Nil when no pipeline waits for a next run.
  func read() -> (process: pid_t, next: EventTime)? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let lines = text.split(separator: "\n")
    guard lines.count == 2, let process = ProcessIdentity(String(lines[0])), process.isAlive,
      let next = Int64(lines[1])
    else { return nil }
    return (process.processID, EventTime(microseconds: next))
  }
}
