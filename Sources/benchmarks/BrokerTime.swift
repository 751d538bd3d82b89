import Foundation

/// Processor time of a local broker, which takes some of the machine that it serves.
enum BrokerTime {
  /// Of this process, without that of a local broker in it.
  static var clientSeconds: Double {
    ProcessorTime.seconds - seconds(ofProcess: "self") { $0 == "rdk:mock\n" }
  }

  /// Of a broker in a process of its own, all of its threads together.
  static func seconds(of broker: BrokerProcess.ID) -> Double {
    seconds(ofProcess: "\(broker.number)") { _ in true }
  }

  /// The broker's threads live as long as it does; those of clients may have ended.
  private static func seconds(
    ofProcess process: String,
    inThreads isMeant: (_ name: String) -> Bool
  ) -> Double {
    let threads = "/proc/\(process)/task"
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: threads)) ?? []
    return tasks.reduce(into: 0) { seconds, task in
      guard let name = try? String(contentsOfFile: "\(threads)/\(task)/comm", encoding: .utf8),
        isMeant(name),
        let line = try? String(contentsOfFile: "\(threads)/\(task)/schedstat", encoding: .utf8),
        let nanoseconds = line.split(separator: " ").first.flatMap({ Double($0) })
      else { return }
      seconds += nanoseconds / 1e9
    }
  }
}
