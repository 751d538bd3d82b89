/// The two inputs of a task.
package enum StreamKind: String, CaseIterable, Sendable {
  case clicks, checkouts
}
