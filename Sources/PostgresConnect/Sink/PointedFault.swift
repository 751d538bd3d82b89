import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Strikes at the n-th pass of one point: `FIRSTCLICK_CRASH_AT=before-commit:3` kills the process
/// there, `FIRSTCLICK_FREEZE_AT` stops it until somebody sends it SIGCONT.
package final class PointedFault<Point>: Sendable
where Point: RawRepresentable & Equatable & Sendable, Point.RawValue == String {
  private let point: Point
  fileprivate let signal: Int32
  private let passesLeft: Mutex<Int>

  /// What the environment asks for; nil, and free of cost, when it asks for nothing.
  package static var fromEnvironment: PointedFault? {
    named("FIRSTCLICK_CRASH_AT", SIGKILL) ?? named("FIRSTCLICK_FREEZE_AT", SIGSTOP)
  }

  private static func named(_ variable: String, _ signal: Int32) -> PointedFault? {
    getenv(variable).flatMap { PointedFault(String(cString: $0), signal: signal) }
  }

  /// - Parameters:
  ///   - text: `POINT` or `POINT:N`, N counting from 1; nil for any other text.
  ///   - signal: what the process gets there.
  package init?(_ text: String, signal: Int32 = SIGKILL) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let point = parts.first.flatMap({ Point(rawValue: String($0)) }),
      let pass = parts.count == 2 ? Int(parts[1]) : 1, pass > 0
    else { return nil }
    self.point = point
    self.signal = signal
    passesLeft = Mutex(pass)
  }

  /// True at the pass asked for, once.
  package func strikes(at point: Point) -> Bool {
    guard point == self.point else { return false }
    return passesLeft.withLock {
      $0 -= 1
      return $0 == 0
    }
  }
}

extension Optional {
  /// Sends the process its signal where the fault strikes.
  package func pass<Point>(_ point: Point) where Wrapped == PointedFault<Point> {
    if let fault = self, fault.strikes(at: point) { kill(getpid(), fault.signal) }
  }
}
