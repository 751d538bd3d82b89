import Foundation
import Testing

/// What becomes of a private cluster that is made under difficulties.
@Suite(.serialized) struct ClusterMakingTests {
  private let directory: TemporaryDirectory
  private var cluster: String { "\(directory.path)/.firstclick/postgres" }

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write("", to: "log/clicks/00.jsonl")
    try directory.write("", to: "log/checkouts/00.jsonl")
  }

  @Test(.enabled(if: geteuid() == 0, "only root starts servers as another user"))
  func `root needs no directory of administrators in PATH`() throws {
    let outcome = try ProgramRun.run(
      "stream-job",
      ["migrate"],
      in: directory,
      environment: ["PATH": "/usr/bin:/bin"]
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errorLines.count == 1)
    var status = stat()
    #expect(lstat(cluster, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR)
  }
}
