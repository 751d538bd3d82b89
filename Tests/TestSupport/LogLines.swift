package import Logging
import Synchronization

/// What was logged, as text: `warning: text field=value`.
package final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  package init() {}

  package var all: [String] { lines.withLock { $0 } }

  /// Logs into these lines, at info and above.
  package var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: LogLines
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        .sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
      lines.lines.withLock { $0.append("\(event.level): \(event.message)\(fields)") }
    }
  }
}
