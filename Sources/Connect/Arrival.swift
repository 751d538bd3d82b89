/// Whom to wake when something has come.
package final class Arrival: Sendable {
  package let wake: @Sendable () -> Void

  package init(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }
}
