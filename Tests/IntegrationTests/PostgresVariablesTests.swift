import Connect
import Foundation
import Testing

/// The PG* variables mean the user's own servers, never the private one.
@Suite(.serialized) struct PostgresVariablesTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write("", to: "log/clicks/00.jsonl")
    try directory.write("", to: "log/checkouts/00.jsonl")
    try directory.write("[elsewhere]\nhostaddr=127.0.0.1\nrequirepeer=nobody\n", to: "services")
  }

  /// Each alone leads to another server, or away from this one.
  private static let variables = [
    ["PGHOSTADDR": "127.0.0.1"], ["PGTARGETSESSIONATTRS": "standby"],
    ["PGCHANNELBINDING": "require"], ["PGREQUIREPEER": "nobody"], ["PGGSSENCMODE": "require"],
    ["PGOPTIONS": "-c search_path=nothing"], ["PGSSLMODE": "nonsense"],
    ["PGREQUIREAUTH": "scram-sha-256"],
    ["PGSSLCERTMODE": "require"], ["PGSSLROOTCERT": "system"], ["PGSERVICE": "elsewhere"],
    ["PGSERVICE": "undefined"],
    ["PGHOST": "nowhere", "PGPORT": "1", "PGUSER": "nobody", "PGDATABASE": "nothing"],
  ]

  @Test func `the private server is found whatever they say, by psql too`() throws {
    let first = try run("stream-job", ["run", "--from", "file:log", "--until-end"], [:])
    try #require(first.exitCode == 0, "\(first.errors)")
    let process = try processID()
    let plain = try run("stream-job", ["address"], [:]).output
    #expect(plain.hasSuffix("&user=postgres\n"), "\(plain)")
    for variables in Self.variables {
      let environment = variables.merging(["PGSERVICEFILE": "\(directory.path)/services"]) { $1 }
      let job = try run(
        "stream-job",
        ["run", "--from", "file:log", "--until-end"],
        environment
      )
      #expect(job.exitCode == 0, "\(variables): \(job.errors)")
      let address = try run("stream-job", ["address"], environment).output
      #expect(address.hasPrefix(plain.dropLast()), "\(variables): \(address)")
      // The same server still: none was stopped because it seemed to be gone.
      #expect(try processID() == process, "\(variables)")
      // psql, which has them still, cannot be told that no service is meant.
      guard variables["PGSERVICE"] != "undefined" else { continue }
      #expect(try psql(String(address.dropLast()), environment) == "1\n", "\(variables)")
    }
    _ = try run("stream-job", ["stop"], [:])
  }

  @Test func `sessions are as PGOPTIONS says`() throws {
    let made = try run("stream-job", ["run", "--from", "file:log", "--until-end"], [:])
    try #require(made.exitCode == 0, "\(made.errors)")
    let environment = ["PGOPTIONS": "-c search_path=ecommerce"]
    let address = try run("stream-job", ["address"], environment).output
    #expect(
      try psql(String(address.dropLast()), environment, table: "stream_progress") == "1\n"
    )
    _ = try run("stream-job", ["stop"], [:])
  }

  private func run(
    _ program: String,
    _ arguments: [String],
    _ environment: [String: String]
  ) throws -> ProgramRun.Outcome {
    try ProgramRun.run(program, arguments, in: directory, environment: environment)
  }

  /// What psql says, asked for the number of tasks.
  private func psql(
    _ address: String,
    _ environment: [String: String],
    table: String = "ecommerce.stream_progress"
  ) throws -> String {
    let output = "\(directory.path)/psql.out"
    let process = try ChildProcess(
      "psql",
      words: ["psql", "-XAt", "-c", "SELECT count(*) FROM \(table)", address],
      environment: environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { $1 },
      output: .file(output, O_WRONLY | O_CREAT | O_TRUNC)
    )
    _ = try process.waitForEnd()
    return try String(contentsOfFile: output, encoding: .utf8)
  }

  /// Of the private server.
  private func processID() throws -> String {
    let file = "\(directory.path)/.firstclick/postgres/data/postmaster.pid"
    return try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").first.map(
      String.init
    ) ?? ""
  }
}
