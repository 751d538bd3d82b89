package import Connect

/// Why a step did not succeed, and whose fault it is.
package struct StepFailure: Error, Sendable {
  package var cause: ConnectorError
  /// The file without which it would have succeeded; nil when no file is to blame.
  package var file: TakenFile?

  package init(_ cause: ConnectorError, blaming file: TakenFile? = nil) {
    self.cause = cause
    self.file = file
  }
}
