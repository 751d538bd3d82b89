/// What a log counts its readers' lag in.
package enum LagUnit: Sendable {
  case bytes
  case messages
  /// Age of the oldest record that is not read yet, at most.
  case milliseconds
}
