import CScan
import Dataflow
import Foundation
import Runtime
import Synchronization

/// Samples what a running job adds to the process's resident memory, at every full hour of its event
/// time.
final class MemoryByHour: Sendable {
  private let job: StreamingJob
  /// Before the job, without what benchmarks before have freed: there it would grow unseen.
  private let formerMebibytes: Double
  /// In MiB, one for each hour since the first, by the slowest task's watermark.
  private let samples = Mutex<[Double]>([])
  private let isOver = Atomic(false)

  init(of job: StreamingJob) {
    self.job = job
    pages_return_freed()
    formerMebibytes = Self.residentMebibytes()
  }

  /// Samples from another thread until `figures`.
  func start() {
    Thread.detachNewThread { [self] in
      var origin: EventTime?
      while !isOver.load(ordering: .relaxed) {
        let watermark = job.statistics().map(\.watermark).min() ?? .beginning
        if watermark > .beginning, watermark < .endOfInput {
          let start = origin ?? watermark
          origin = start
          let hours = Int((watermark.microseconds - start.microseconds) / 3_600_000_000)
          let sample = Self.residentMebibytes() - formerMebibytes
          samples.withLock { samples in
            if samples.count <= hours {
              samples += Array(repeating: sample, count: hours + 1 - samples.count)
            }
          }
        }
        Thread.sleep(forTimeInterval: 0.0005)
      }
    }
  }

  /// Memory once the window was full, 2 hours in, and how far it grew from then on at most.
  func figures() -> [Outcome.Figure] {
    isOver.store(true, ordering: .relaxed)
    let later = samples.withLock { $0.dropFirst(2) }
    guard let full = later.first else { return [] }
    let most = later.reduce(0, max)
    return [
      .init(name: "MiB resident at 2 h", value: full),
      .init(name: "% growth in \(later.count - 1) h", value: (most / full - 1) * 100),
    ]
  }

  private static func residentMebibytes() -> Double {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
      .split(separator: " ").dropFirst().first.flatMap { Double($0) }
    return (pages ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) / Double(1 << 20)
  }
}
