import Connect
import Foundation
import Testing

/// Root without CAP_SYS_PTRACE, as in containers, which cannot see where the server's processes are.
@Suite(.enabled(if: geteuid() == 0, "only root starts servers as another user"))
struct BlindRootTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write("", to: "log/clicks/00.jsonl")
    try directory.write("", to: "log/checkouts/00.jsonl")
  }

  private func run(_ arguments: String...) throws -> ProgramRun.Outcome {
    try ProgramRun.run(
      "/usr/bin/setpriv",
      ["--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace"]
        + [ProgramRun.path(of: "stream-job")] + arguments,
      in: directory
    )
  }

  private func attribute() throws {
    let outcome = try run("run", "--from", "file:log", "--until-end")
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
  }

  /// Of the server, as its file says.
  private func processID() throws -> pid_t {
    let file = "\(directory.path)/.firstclick/postgres/data/postmaster.pid"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    return try #require(text.split(separator: "\n").first.flatMap { pid_t($0) })
  }

  @Test func `a server is stopped, started and, once killed, started again`() throws {
    try attribute()
    let first = try processID()
    let stop = try run("stop")
    #expect(stop.exitCode == 0, "\(stop.errors)")
    #expect(stop.output == "stopped the private PostgreSQL\n")
    #expect(ProcessIdentity(of: first) == nil)
    try attribute()
    let second = try processID()
    kill(second, SIGKILL)
    try attribute()
    #expect(try processID() != second)
    #expect(try run("stop").exitCode == 0)
  }

  @Test func `a server whose database is missing is left running and gets it`() throws {
    try attribute()
    let server = try processID()
    let address = try run("address").output.trimmingCharacters(in: .newlines)
      .replacing("/firstclick?", with: "/postgres?")
    let psql = try ProgramRun.run(
      "/usr/bin/psql",
      [address, "-c", "DROP DATABASE firstclick"],
      in: directory
    )
    try #require(psql.exitCode == 0, "\(psql.errors)")
    try attribute()
    #expect(try processID() == server)
    #expect(try run("stop").exitCode == 0)
  }
}
