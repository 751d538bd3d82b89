import Foundation
import PostgresConnect
import TestSupport
import Testing

/// Databases that a job cannot use: exit code 1, one line, and what to do.
@Suite(.serialized) struct DatabaseRefusalTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write("", to: "log/clicks/00.jsonl")
    try directory.write("", to: "log/checkouts/00.jsonl")
  }

  private func run(
    _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws -> ProgramRun.Outcome {
    try ProgramRun.run(
      "stream-job",
      ["run", "--from", "file:log", "--until-end"] + arguments,
      in: directory,
      environment: environment
    )
  }

  @Test func `a wrong password is told without repeating it`() throws {
    let server = try PasswordServer()
    defer { server.remove() }
    let wrong = try run(environment: ["DATABASE_URL": server.url(password: "hunter2")])
    #expect(wrong.exitCode == 1)
    #expect(wrong.errorLines.count == 1)
    #expect(wrong.errors.contains("password authentication failed for user \"alice\""))
    #expect(!wrong.errors.contains("hunter2"))

    try directory.write("\(PasswordServer.password)\n", to: "password")
    let fromFile = try run(
      ["--into", server.url(password: nil)],
      environment: ["FIRSTCLICK_PASSWORD_FILE": "password"]
    )
    #expect(fromFile.exitCode == 0, "\(fromFile.errors)")
    let fromURL = try run(environment: [
      "DATABASE_URL": server.url(password: PasswordServer.password)
    ]
    )
    #expect(fromURL.exitCode == 0, "\(fromURL.errors)")
  }

  @Test func `a password file that is missing is named`() throws {
    let outcome = try run(environment: ["FIRSTCLICK_PASSWORD_FILE": "nowhere"])
    #expect(outcome.exitCode == 2)
    #expect(
      outcome.errorLines == [
        "stream-job: could not read a password from FIRSTCLICK_PASSWORD_FILE nowhere; "
          + "Name a readable text file whose first line is the password."
      ]
    )
  }

  @Test func `a server that cannot be reached is named`() throws {
    let outcome = try run(["--into", "postgres://alice@127.0.0.1:1/shop"])
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("127.0.0.1"))
    #expect(outcome.errors.contains("refused"))
    #expect(try directory.contents == ["log"])
  }

  @Test func `a schema newer than the program is refused`() throws {
    let address = try TemporaryCluster.database()
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    try connection.execute(
      "INSERT INTO ecommerce.schema_version (version, name, checksum) VALUES (999, 'later', '')"
    )
    let outcome = try run(["--into", address.connectionString])
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("is version 999: this program knows"))
    #expect(outcome.errors.contains("Use a newer program"))
    for reader in ["verify", "status"] {
      let refused = try ProgramRun.run(
        "stream-job",
        [reader, "--into", address.connectionString],
        in: directory
      )
      #expect(refused.exitCode == 1)
      #expect(refused.errorLines == outcome.errorLines)
    }
    let doctor = try ProgramRun.run(
      "stream-job",
      ["doctor", "--from", "file:log", "--into", address.connectionString],
      in: directory
    )
    #expect(doctor.exitCode == 1)
    #expect(doctor.output.contains("fail  schema: the schema at "))
    #expect(doctor.output.contains(" is version 999: this program knows "))
  }

  @Test func `a schema that was edited is refused, and the doctor says so`() throws {
    let address = try TemporaryCluster.database()
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    try connection.execute("UPDATE schema_version SET checksum = 'abc' WHERE version = 2")
    let outcome = try run(["--into", address.connectionString])
    #expect(outcome.exitCode == 1)
    let refusal = try #require(outcome.errorLines.first).dropFirst("stream-job: ".count)
    #expect(refusal.hasPrefix("migration 2 (partitions) at "))
    let doctor = try ProgramRun.run(
      "stream-job",
      ["doctor", "--from", "file:log", "--into", address.connectionString],
      in: directory
    )
    #expect(doctor.exitCode == 1)
    #expect(doctor.output.contains("fail  schema: \(refusal)\n"), "\(doctor.output)")
  }

  @Test func `fewer connections than tasks are refused at once`() throws {
    let address = try TemporaryCluster.database()
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    let user = "few_\(UInt32.random(in: 0...UInt32.max))"
    try connection.execute(
      """
      CREATE ROLE \(user) LOGIN CONNECTION LIMIT 4;
      GRANT firstclick_writer TO \(user)
      """
    )
    let url = address.connectionString.replacing("user=postgres", with: "user=\(user)")
    let outcome = try run(["--into", url])
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "a job of 1 task needs 5 connections, one a task and 4 more: the user's role allows 4"
      )
    )
    let doctor = try ProgramRun.run(
      "stream-job",
      ["doctor", "--from", "file:log", "--into", url],
      in: directory
    )
    #expect(doctor.exitCode == 1)
    #expect(doctor.output.contains("fail  connections: a job of 1 task needs 5 connections"))
  }

  /// What run and doctor say of a database that SQL has been done to, as superuser.
  private func refusals(
    after sql: (_ database: String, _ user: String) -> String
  ) throws -> (run: ProgramRun.Outcome, doctor: ProgramRun.Outcome) {
    let address = try TemporaryCluster.emptyDatabase()
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    let database = try connection.query("SELECT current_database()")[0][0] ?? ""
    let user = "user_\(UInt32.random(in: 0...UInt32.max))"
    try connection.execute("CREATE ROLE \(user) LOGIN; \(sql(database, user))")
    let url = address.connectionString.replacing("user=postgres", with: "user=\(user)")
    let run = try run(["--into", url])
    let doctor = try ProgramRun.run(
      "stream-job",
      ["doctor", "--from", "file:log", "--into", url],
      in: directory
    )
    #expect(run.exitCode == 1)
    #expect(run.errorLines.count == 1, "\(run.errors)")
    #expect(doctor.exitCode == 1)
    let schema = try connection.query("SELECT to_regclass('ecommerce.schema_version')")
    #expect(schema == [[nil]])
    return (run, doctor)
  }

  @Test func `a database that is set read-only is told as such by the doctor too`() throws {
    let (run, doctor) = try refusals { database, user in
      """
      GRANT CREATE ON DATABASE \(database) TO \(user);
      ALTER DATABASE \(database) SET default_transaction_read_only = on
      """
    }
    #expect(run.errors.contains("default_transaction_read_only is on for the server"))
    #expect(
      doctor.output.contains(
        "fail  writes: default_transaction_read_only is on; Set it off for the database, the user or "
          + "the server, whichever has it."
      )
    )
  }

  @Test func `a user without the right to make the schema is told by the doctor too`() throws {
    let (run, doctor) = try refusals { _, _ in "" }
    #expect(run.errors.contains("could not apply schema_version: permission denied"))
    #expect(doctor.output.contains("fail  schema: could not apply schema_version: permission"))
    #expect(doctor.output.contains("GRANT CREATE ON DATABASE gives what is needed"))
  }

  @Test func `tables in the way are told by the doctor too`() throws {
    let (run, doctor) = try refusals { database, user in
      """
      GRANT CREATE ON DATABASE \(database) TO \(user);
      CREATE SCHEMA ecommerce AUTHORIZATION \(user);
      CREATE TABLE ecommerce.users (id integer)
      """
    }
    #expect(run.errors.contains("The schema ecommerce holds something"))
    #expect(doctor.output.contains("fail  schema: could not apply migration"))
    #expect(doctor.output.contains("The schema ecommerce holds something"))
  }

  @Test func `a place where nothing can be made is named`() throws {
    try directory.write("", to: ".firstclick")
    let outcome = try run()
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("\(directory.path)/.firstclick"))
    let doctor = try ProgramRun.run("stream-job", ["doctor", "--from", "file:log"], in: directory)
    #expect(doctor.exitCode == 1)
    #expect(
      doctor.output.contains(
        "fail  PostgreSQL: could not write to directory \(directory.path)/.firstclick: "
          + "Not a directory; Choose a directory that you may write to"
      ),
      "\(doctor.output)"
    )
  }

  @Test func `streams of different partition counts are refused before the database`() throws {
    try directory.write("", to: "log/clicks/01.jsonl")
    let outcome = try run()
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.errorLines.first?.hasPrefix(
        "stream-job: log \"log\" has 2 click files and 1 checkout files"
      ) ?? false
    )
    #expect(try directory.contents == ["log"])
  }

  @Test(arguments: ["status", "verify", "address"])
  func `where nothing was attributed yet, nothing is made`(command: String) throws {
    try expectNoDatabase(command)
    #expect(try directory.contents == ["log"])
    // What a command left that could not make the cluster is none.
    try directory.write("", to: ".firstclick/postgres/lock")
    try expectNoDatabase(command)
    let left = try FileManager.default.contentsOfDirectory(
      atPath: "\(directory.path)/.firstclick/postgres"
    )
    #expect(left == ["lock"])
  }

  private func expectNoDatabase(_ command: String) throws {
    let outcome = try ProgramRun.run("stream-job", [command], in: directory)
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.errorLines == [
        "stream-job: found no database: neither --into nor DATABASE_URL is given, and there is "
          + "none in .firstclick/postgres here; Run `stream-job run` first, or name the database."
      ]
    )
  }

  @Test func `files are no place to verify`() throws {
    let outcome = try ProgramRun.run("stream-job", ["verify", "--into", "csv:out"], in: directory)
    #expect(outcome.exitCode == 2)
    #expect(outcome.errors.contains("verify expected a database, found csv:out"))
  }
}

/// A server on an address of its own of the loopback network that asks user alice for a password.
private struct PasswordServer {
  static let password = "open sesame"

  private let cluster: TemporaryCluster
  private let host = "127.\((1...254).randomElement() ?? 1).\((1...254).randomElement() ?? 1).7"

  init() throws {
    cluster = try TemporaryCluster()
    let connection = try PostgresConnection(cluster.start())
    try connection.execute("ALTER SYSTEM SET listen_addresses = '\(host)'")
    try connection.execute(
      """
      CREATE ROLE alice LOGIN SUPERUSER PASSWORD '\(Self.password)';
      COPY (VALUES ('local all all trust'), ('host all all 127.0.0.0/8 scram-sha-256'))
      TO '\(cluster.directory)/data/pg_hba.conf'
      """
    )
    connection.close()
    try cluster.stop()
    try cluster.start()
  }

  func remove() { cluster.remove() }

  func url(password: String?) -> String {
    let secret = password.map { ":" + $0.replacing(" ", with: "%20") } ?? ""
    return "postgres://alice\(secret)@\(host):5432/firstclick"
  }
}
