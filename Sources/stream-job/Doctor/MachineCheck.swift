import Connect
import Foundation
import Programs

/// Room on the disk of the working directory, and whether a job runs here.
enum MachineCheck {
  private static let scarceByteCount: UInt64 = 5 << 30
  private static let tooLittleByteCount: UInt64 = 500 << 20

  static func findings() -> [Finding] { [disk(), job()] }

  private static func disk() -> Finding {
    var system = statvfs()
    let directory = FileManager.default.currentDirectoryPath
    guard statvfs(directory, &system) == 0 else {
      return .warn("disk", "could not examine \(directory)", advice: "See `df .`.")
    }
    let free = UInt64(system.f_bavail) * UInt64(system.f_frsize)
    let text = "\(free / (1 << 20)) MiB free in \(directory)"
    if free < tooLittleByteCount {
      return .fail("disk", text, advice: "Free some: commits will fail.")
    }
    if free < scarceByteCount {
      return .warn("disk", text, advice: "A million events take about 0.7 GiB, log and tables.")
    }
    return .ok("disk", text)
  }

  private static func job() -> Finding {
    if let job = BackgroundJob.streamJob.running {
      return .ok("job", "runs as process \(job.processID)")
    }
    guard let end = BackgroundJob.streamJob.end, end.isFailure else {
      return .ok("job", "none in the background")
    }
    return .fail(
      "job",
      "\(end)",
      advice: "See \(BackgroundJob.streamJob.logFile), then `stream-job start` again, or "
        + "`stream-job stop` to have it forgotten."
    )
  }
}
