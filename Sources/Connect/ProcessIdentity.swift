package import Foundation

/// A process that cannot be mistaken for a later one with the same number: its number and when it
/// started, in clock ticks since the machine did.
///
/// Source: proc(5), /proc/PID/stat, fields 3 (state) and 22 (start time).
package struct ProcessIdentity: Hashable, Sendable, LosslessStringConvertible {
  package let processID: pid_t
  private let startTicks: UInt64

  /// Nil when there is no such process, or only its exit status is left of it.
  package init?(of processID: pid_t) {
    guard let status = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
      // The program's name, in parentheses, may hold anything, parentheses included.
      let nameEnd = status.lastIndex(of: ")")
    else { return nil }
    let fields = status[nameEnd...].dropFirst().split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let ticks = UInt64(fields[19])
    else { return nil }
    self.processID = processID
    startTicks = ticks
  }

  package init?(_ description: String) {
    let parts = description.split(whereSeparator: \.isWhitespace)
    guard parts.count == 2, let processID = pid_t(parts[0]), let ticks = UInt64(parts[1]) else {
      return nil
    }
    self.processID = processID
    startTicks = ticks
  }

  package var description: String { "\(processID) \(startTicks)" }

  package var isAlive: Bool { ProcessIdentity(of: processID) == self }
}
