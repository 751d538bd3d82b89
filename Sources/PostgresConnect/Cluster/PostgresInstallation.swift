package import Connect
import Foundation

/// The server programs of one installed PostgreSQL.
package struct PostgresInstallation: Hashable, Sendable {
  /// Holds `initdb`, `pg_ctl` and `postgres`.
  package let binaries: String
  /// 15 for PostgreSQL 15.18.
  package let majorVersion: Int

  static let oldestMajorVersion = PostgresConnection.oldestServerVersion / 10_000

  /// The newest installed PostgreSQL, or the one of `majorVersion` that an existing cluster needs.
  ///
  /// Looks where distributions install it, asks `pg_config`, then walks PATH.
  package static func find(
    majorVersion wanted: Int? = nil
  ) throws(ConnectorError) -> PostgresInstallation {
    let installed = candidates().compactMap(PostgresInstallation.init(binaries:))
    if let wanted {
      if let match = installed.first(where: { $0.majorVersion == wanted }) { return match }
    } else if let newest = installed.max(by: { $0.majorVersion < $1.majorVersion }),
      newest.majorVersion >= oldestMajorVersion
    {
      return newest
    }
    throw missing(wanted: wanted, installed: installed)
  }

  private static func missing(wanted: Int?, installed: [PostgresInstallation]) -> ConnectorError {
    let versions = Set(installed.map(\.majorVersion)).sorted().map(String.init)
    let found = versions.isEmpty ? "none" : versions.joined(separator: ", ")
    if let wanted {
      return ConnectorError(
        .permanent,
        "the private cluster was made by PostgreSQL \(wanted), installed: \(found)",
        hint: "Install PostgreSQL \(wanted), or remove the cluster's directory to start afresh."
      )
    }
    return ConnectorError(
      .permanent,
      "could not find the programs of a PostgreSQL server, \(oldestMajorVersion) or newer: "
        + "installed: \(found)",
      hint: "Install it (apt-get install postgresql), or name a running server by DATABASE_URL."
    )
  }

  /// Nil unless the server programs are there and tell their version.
  init?(binaries: String) {
    let programs = ["initdb", "pg_ctl", "postgres"].map { "\(binaries)/\($0)" }
    guard programs.allSatisfy(FileManager.default.isExecutableFile(atPath:)),
      let answer = try? ServerCommand("\(binaries)/postgres", ["--version"]).run(),
      // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
      let version = answer.output.split(separator: " ").dropFirst(2).first,
      let major = Int(version.prefix { $0.isNumber })
    else { return nil }
    self.binaries = binaries
    self.majorVersion = major
  }

  private static func candidates() -> [String] {
    var directories: [String] = []
    for root in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr"] {
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
      directories += entries.map { "\(root)/\($0)/bin" }
    }
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    directories += path.map(String.init)
    if let answer = try? ServerCommand("pg_config", ["--bindir"]).run(),
      answer.status == 0
    {
      directories.append(answer.output)
    }
    return directories
  }
}
