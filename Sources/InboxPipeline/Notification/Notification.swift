import Connect
import Foundation
import Runtime

/// Delivers a result, again while the trouble may pass.
enum Notification {
  static func deliver(
    _ result: Data,
    to channel: any NotificationChannel,
    retryLimit: Int,
    _ control: RunControl
  ) throws(ConnectorError) {
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    while true {
      do throws(ConnectorError) {
        return try channel.deliver(result)
      } catch {
        guard error.kind == .transient, backoff.retries < retryLimit,
          control.waitToRetry(backoff.nextDelay(using: &random))
        else { throw error }
      }
    }
  }
}
