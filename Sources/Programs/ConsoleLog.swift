import Foundation
package import Logging

/// Log lines on the console, above the progress line: `stream-job: warning: text field=value`.
package struct ConsoleLog: LogHandler {
  private let name: String
  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]

  package init(name: String, level: Logger.Level) {
    self.name = name
    logLevel = level
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }
      .sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    Console.shared.write("\(name): \(event.level): \(event.message)\(fields)")
  }
}
