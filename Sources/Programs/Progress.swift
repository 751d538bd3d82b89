import Foundation
import Synchronization

/// Says how a long work goes on: a line redrawn on a terminal, otherwise a line every 10 s.
package final class Progress: Sendable {
  private static let redrawInterval = Duration.milliseconds(200)
  private static let lineInterval = Duration.seconds(10)

  private let name: String
  private let start = ContinuousClock.now
  private let lastShown = Mutex(ContinuousClock.now)

  /// - Parameter name: stands before every line: the program's name.
  package init(of name: String) { self.name = name }

  package var elapsed: Duration { ContinuousClock.now - start }

  /// Shows `text()` if it is time to: cheap to call often.
  package func update(_ text: () -> String) {
    let interval = Console.shared.isTerminal ? Self.redrawInterval : Self.lineInterval
    let isDue = lastShown.withLock { last in
      let now = ContinuousClock.now
      guard now - last >= interval else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    if Console.shared.isTerminal {
      Console.shared.redraw("\(name): \(text())")
    } else {
      Console.shared.write("\(name): \(text())")
    }
  }

  /// Ends the progress line with a last one that stays.
  package func finish(_ text: String) {
    Console.shared.clearLine()
    Console.shared.write("\(name): \(text)")
  }
}
