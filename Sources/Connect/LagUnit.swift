/// What a log counts its readers' lag in.
package enum LagUnit: Sendable {
  case bytes
  case messages
}
