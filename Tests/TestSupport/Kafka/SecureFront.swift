import Connect
import Foundation
package import KafkaConnect

/// Listeners with TLS and SASL before a local broker, which has neither: `secure_front.py`.
package final class SecureFront: Sendable {
  package static let user = "shop"
  package static let password = "right, and \"quoted\""
  private static let startTimeout = Duration.seconds(60)

  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  /// The listeners' addresses, as clients name brokers.
  package let bootstrap: String
  private let process: ChildProcess

  /// Starts it.
  ///
  /// - Parameters:
  ///   - broker: what it passes on to.
  ///   - identity: what it shows clients.
  ///   - directory: for its log.
  /// - Throws: when it does not start.
  package init(before broker: LocalBroker, _ identity: TestIdentity, in directory: String) throws {
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "secure_front.py").path
    let ports = broker.bootstrap.split(separator: ",").compactMap { $0.split(separator: ":").last }
    let log = "\(directory)/secure-front.log"
    process = try ChildProcess(
      "python3",
      words: [
        "python3", script, identity.certificate, identity.key, Self.user, Self.password,
      ] + ports.map(String.init),
      output: .file(log, O_WRONLY | O_CREAT | O_APPEND)
    )
    let deadline = ContinuousClock.now + Self.startTimeout
    while true {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      if text.hasPrefix("127.0.0.1:"), let line = text.split(separator: "\n").first,
        text.contains("\n")
      {
        bootstrap = String(line)
        return
      }
      guard ContinuousClock.now < deadline, try process.exitCode() == nil else {
        throw Failure(description: "secure_front.py did not listen: \(text)")
      }
      usleep(20_000)
    }
  }

  /// Has every topic look as if it had one partition more from now on.
  package func growTopics() { kill(process.id, SIGUSR1) }

  /// Ends it; must be called, once.
  package func stop() {
    kill(process.id, SIGTERM)
    _ = try? process.waitForEnd()
  }
}
