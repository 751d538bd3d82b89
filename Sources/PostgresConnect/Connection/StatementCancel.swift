import CLibPQ

/// Cancels the statement that a connection is at, if it is at one: that statement then fails.
///
/// Any thread may call it, at any time, also when the connection is closed.
///
/// Unchecked: libpq's request never changes, and `PQcancel` is made for other threads.
package final class StatementCancel: @unchecked Sendable {
  private let request: OpaquePointer?

  package init(of connection: PostgresConnection) { request = PQgetCancel(connection.raw) }

  deinit { PQfreeCancel(request) }

  /// Returns when the server has the request; one that cannot be reached is left alone.
  package func callAsFunction() {
    var reason = [CChar](repeating: 0, count: 256)
    _ = PQcancel(request, &reason, Int32(reason.count))
  }
}
