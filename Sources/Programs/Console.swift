import Foundation
import Synchronization

/// Standard error, shared by messages, log lines and the progress line, which keeps below them.
///
/// May be used by any thread. On a terminal the progress line is redrawn in place; elsewhere it is
/// an ordinary line.
package final class Console: Sendable {
  package static let shared = Console()

  package let isTerminal = isatty(STDERR_FILENO) == 1
  private let line = Mutex("")

  private init() {}

  /// Writes a line.
  package func write(_ text: String) {
    line.withLock { line in
      Self.put((line.isEmpty ? "" : Self.eraseLine) + text + "\n" + line)
    }
  }

  /// Redraws the progress line; only on a terminal.
  package func redraw(_ text: String) {
    line.withLock { line in
      line = String(text.prefix(Self.columns - 1))
      Self.put(Self.eraseLine + line)
    }
  }

  /// Takes the progress line away.
  package func clearLine() {
    line.withLock { line in
      guard !line.isEmpty else { return }
      line = ""
      Self.put(Self.eraseLine)
    }
  }

  private static let eraseLine = "\r\u{1B}[K"

  private static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// What cannot be written (the disk of a log file is full) is lost: no reason to end.
  private static func put(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
