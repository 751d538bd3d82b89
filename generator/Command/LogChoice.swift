import Connect
import Programs

/// The log that `--to` names, and the settings that are for logs of its kind.
struct LogChoice {
  static let defaultURI = "file:.firstclick/log"

  enum Kind: String {
    case files
    case kafka = "Kafka"
    case kinesis = "Kinesis"
  }

  let uri: StreamURI
  /// Nil for the default.
  private let origin: SettingOrigin?

  init(_ given: GivenSetting<String>?) throws(ConnectorError) {
    uri = try StreamURI(parsing: given?.value ?? Self.defaultURI)
    origin = given?.origin
  }

  private var kind: Kind {
    switch uri {
    case .file: .files
    case .kafka: .kafka
    case .kinesis: .kinesis
    }
  }

  /// A setting that only logs of some kinds have a use for.
  ///
  /// Given below the place that names the log, it was meant for another: it is left out then.
  ///
  /// - Throws: `.usage` for one that this log has no use for.
  func setting<Value>(
    _ given: GivenSetting<Value>?,
    for kinds: Kind...
  ) throws(Failure) -> Value? {
    guard let given, !kinds.contains(kind) else { return given?.value }
    if let origin, given.origin.layer < origin.layer { return nil }
    throw Failure(
      .usage,
      "\(given.origin.place) is for \(kinds.map(\.rawValue).joined(separator: " and ")): "
        + "\(Redaction.redacted(uri.description)) has no use for it",
      hint: "Leave it out."
    )
  }
}
