import Foundation

/// Processor time of this process, without that of a local broker in it.
enum BrokerTime {
  /// The broker's threads live as long as it does; those of clients may have ended.
  static var clientSeconds: Double {
    ProcessorTime.seconds - brokerSeconds
  }

  private static var brokerSeconds: Double {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.reduce(into: 0) { seconds, task in
      let path = "/proc/self/task/\(task)"
      guard (try? String(contentsOfFile: "\(path)/comm", encoding: .utf8)) == "rdk:mock\n",
        let line = try? String(contentsOfFile: "\(path)/schedstat", encoding: .utf8),
        let nanoseconds = line.split(separator: " ").first.flatMap({ Double($0) })
      else { return }
      seconds += nanoseconds / 1e9
    }
  }
}
