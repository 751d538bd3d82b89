/// The two inputs of a task.
package enum StreamKind: String, CaseIterable, BitwiseCopyable, Sendable {
  case clicks, checkouts
}
