import Foundation
import TestSupport
import Testing

/// Generator, workers and database with a service by others between them, signatures checked.
@Suite(.mostlyWaits) struct KinesisMotoTests {
  @Test func `what the generator writes is attributed by workers that share it`() throws {
    let server = try MotoServer.shared.get()
    let trial = try JobTrial()
    let uri = server.uri("shop-\(UUID().uuidString.prefix(8))")
    let generator = try trial.start(
      "generator",
      [
        "--to", uri, "--create-streams", "--events", "6000", "--users", "2000", "--seed", "12",
        "--span", "2h", "--max-speed", "--truth", "truth.csv",
      ] + JobTrial.flaws,
      environment: server.environment
    ).wait()
    try #require(generator.exitCode == 0, "\(generator.errors)")
    let workers = try (0..<2).map { _ in
      try trial.start(
        "stream-job",
        ["run", "--from", uri, "--until-end"],
        environment: server.environment.merging(["FIRSTCLICK_KINESIS_SLICES": "5"]) { $1 }
      )
    }
    for worker in workers {
      let outcome = try worker.wait()
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
    }
    let verdict = try trial.expectLaw()
    #expect(verdict.pending == 0)
    try trial.expectTruth()
    let refused = try trial.start(
      "stream-job",
      ["run", "--from", uri, "--until-end"],
      environment: server.powerlessEnvironment
    ).wait()
    #expect(refused.exitCode == 1)
    #expect(
      refused.errors.contains("could not call kinesis:DescribeStreamSummary on stream \"shop-"),
      "\(refused.errors)"
    )
  }
}
