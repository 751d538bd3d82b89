package import Connect
package import Foundation

/// A way to tell somebody how a run ended.
package protocol NotificationChannel: Sendable {
  /// For logs: where it goes, without secrets.
  var description: String { get }

  /// Delivers the result, a JSON object; a passing trouble is `.transient` and tried again.
  func deliver(_ result: Data) throws(ConnectorError)
}
