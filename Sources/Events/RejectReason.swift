/// Why a message does not fit the contract, as `dead_letters.reason` says it.
package struct RejectReason: Hashable, Sendable, CustomStringConvertible {
  /// One lowercase sentence: field, what was expected, what was found (cut at 64 bytes).
  package var description: String
  package init(_ description: String) { self.description = description }
}
