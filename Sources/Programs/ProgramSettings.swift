/// The settings of a program that the environment and the config file may give: named like its
/// options, without the dashes.
///
/// Kept here for all programs, so that each can tell a mistyped key in their common file from a key
/// of another program.
package struct ProgramSettings: Sendable {
  package let name: String
  package let keys: Set<String>
  /// First words of keys that go on with any name, such as `kafka.security.protocol`.
  private let families: Set<String>
  /// Keys that mean something else in another program: only their longer form is read.
  private let ownKeys: Set<String>

  private init(
    _ name: String,
    _ keys: Set<String>,
    families: Set<String> = [],
    ownKeys: Set<String> = []
  ) {
    self.name = name
    self.keys = keys
    self.families = families
    self.ownKeys = ownKeys
  }

  package static let streamJob = ProgramSettings(
    "stream-job",
    [
      "from", "into", "until-end", "emit", "late", "late-horizon", "late-memory", "window",
      "watermark", "workers", "commit-interval", "commit-size", "idle-timeout", "future-guard",
      "on-gap", "log-level",
    ],
    families: ["kafka", "kinesis"]
  )

  /// Its `late` is a share of the events; the bare name is stream-job's policy.
  package static let generator = ProgramSettings(
    "generator",
    [
      "to", "into", "rate", "max-speed", "events", "duration", "every", "batch", "users",
      "products", "partitions", "seed", "start", "span", "checkout-share", "disorder", "late",
      "duplicates", "orphans", "malformed", "ties", "edges", "truth",
      "replication-factor", "create-streams", "log-level",
    ],
    families: ["kafka", "kinesis"],
    ownKeys: ["late"]
  )

  package static let batchJob = ProgramSettings(
    "batch-job",
    [
      "into", "out", "window", "workers", "memory", "max-bad-rows", "log-level", "root", "every",
      "daily", "quiet", "lease", "notify-command", "notify-shell", "notify-url",
    ]
  )

  static let all = [streamJob, generator, batchJob]

  /// True for a key of this program.
  func knows(_ key: String) -> Bool {
    keys.contains(key) || families.contains { key.hasPrefix($0 + ".") }
  }

  /// True for the first word of an open family, which may stand as a section of its own.
  func isFamily(_ key: String) -> Bool { families.contains(key) }

  /// True for a variable that some program reads.
  static func knows(variable: String) -> Bool {
    otherVariables.contains(variable)
      || all.contains { program in
        program.keys.contains { program.variables(of: $0).contains(variable) }
          || program.families.contains { family in
            program.variables(of: family + "_").contains { variable.hasPrefix($0) }
          }
      }
  }

  /// Variables that are no settings: secrets, which no option and no file may give, the config file
  /// itself, and the tests'.
  private static let otherVariables: Set = [
    "FIRSTCLICK_CONFIG", "FIRSTCLICK_PASSWORD_FILE", "FIRSTCLICK_NOTIFY_URL_FILE",
    "FIRSTCLICK_NOTIFY_TOKEN", "FIRSTCLICK_NOTIFY_TOKEN_FILE", "FIRSTCLICK_CRASH_AT",
    "FIRSTCLICK_FREEZE_AT", "FIRSTCLICK_TEST_MOTO",
  ]

  /// The environment variables of a setting, the first that is set counts.
  func variables(of key: String) -> [String] {
    let names = ownKeys.contains(key) ? ["\(name)_\(key)"] : ["\(name)_\(key)", key]
    return names.map { "FIRSTCLICK_" + $0.uppercased().replacing("-", with: "_") }
  }

  /// The places of a setting in the config file, the first that is there counts.
  func paths(of key: String) -> [String] {
    ownKeys.contains(key) ? ["\(name)/\(key)"] : ["\(name)/\(key)", key]
  }
}
