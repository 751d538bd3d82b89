/// The two inputs of a task.
package enum StreamKind: String, CaseIterable, Codable, BitwiseCopyable, Sendable {
  case clicks, checkouts
}
