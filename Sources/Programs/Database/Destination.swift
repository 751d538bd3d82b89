package import Connect
import Foundation
import PostgresConnect

/// Where `--into` says that rows go.
package enum Destination: Sendable {
  case database(DatabaseChoice)
  /// Append-only files or a pipe.
  case files(SinkURI)

  /// What `DATABASE_URL` says, for commands that were told nothing else.
  private static var ambientAddress: String? {
    ProcessInfo.processInfo.environment["DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// What `address` names, or else `DATABASE_URL`; without either the private database.
  ///
  /// - Throws: `.usage` for an address that is none.
  package init(_ address: String?) throws {
    try PostgresSecret.adoptPasswordFile()
    guard let text = address ?? Self.ambientAddress else {
      self = .database(.privateCluster)
      return
    }
    let uri = try SinkURI(parsing: text)
    if case .postgres(let connection) = uri {
      self = .database(.server(try PostgresAddress(connection)))
    } else {
      self = .files(uri)
    }
  }

  /// For commands that only a database can answer.
  package func requireDatabase(for command: String) throws(Failure) -> DatabaseChoice {
    switch self {
    case .database(let choice): return choice
    case .files(let uri):
      throw Failure(
        .usage,
        "\(command) expected a database, found \(uri)",
        hint: "Write --into postgres://HOST/DATABASE, or leave it out for the private one."
      )
    }
  }
}
