import Connect
import Foundation
import InboxPipeline
import Synchronization

/// A channel that keeps what it is told.
final class ToldResults: NotificationChannel {
  private let told = Mutex<[RunResult]>([])

  var description: String { "a test" }
  var results: [RunResult] { told.withLock { $0 } }

  func deliver(_ result: Data) throws(ConnectorError) {
    do {
      let result = try JSONDecoder().decode(RunResult.self, from: result)
      told.withLock { $0.append(result) }
    } catch {
      throw ConnectorError(.permanent, "could not read a result: \(error)")
    }
  }
}
