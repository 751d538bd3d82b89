/// How long the statements of a session wait for the locks of others; then they fail with SQLSTATE
/// 55P03.
///
/// The raw value is PostgreSQL's `lock_timeout`.
package enum LockTimeout: String {
  /// For as long as they are held.
  case none = "0"
  /// For commands that somebody waits for, and for what is tried again: a wait without a word would
  /// look like a program that hangs.
  case short = "5s"
}
