internal import Dataflow

extension FirstClick {
  /// Becomes as new, and keeps the memory: for another input that is read to its end.
  ///
  /// The answers that were drained are gone, and so are those that were not.
  package mutating func removeAll() {
    advance(to: .endOfInput)
    forgetSettled()
    frontier = .beginning
  }
}
