import Connect
import Foundation
import Synchronization

/// The runs of `initdb` that this process waits for: whoever ends the process ends them first.
package enum ClusterMaking {
  /// One that does not end by itself then is killed.
  private static let patience = Duration.seconds(5)

  private static let running = Mutex<[pid_t: ChildProcess]>([:])

  /// Waits for the end of a program.
  ///
  /// - Parameter start: starts it, in a group of its own: an interrupt typed on the terminal ends it
  ///   by way of `end`, not besides.
  /// - Returns: its exit code.
  /// - Throws: the system's error.
  static func run(_ start: () throws(POSIXError) -> ChildProcess) throws(POSIXError) -> Int32 {
    let process = try running.withLock { running throws(POSIXError) in
      let process = try start()
      running[process.id] = process
      return process
    }
    while true {
      let code = try running.withLock { running throws(POSIXError) in
        let code = try process.exitCode()
        if code != nil { running[process.id] = nil }
        return code
      }
      if let code { return code }
      usleep(5_000)
    }
  }

  /// Ends what runs, then the process.
  ///
  /// Nobody goes on meanwhile as if the program had failed by itself.
  ///
  /// - Parameter exit: ends the process; told whether anything ran.
  package static func end(then exit: (Bool) -> Never) -> Never {
    running.withLock { running in
      for (id, process) in running {
        kill(-id, SIGTERM)
        let code = try? process.waitForEnd(within: patience)
        if code == nil { kill(-id, SIGKILL) }
      }
      exit(!running.isEmpty)
    }
  }
}
