import Foundation
import Testing

/// The example of a config file, read by the programs as far as to the first mistake made here.
@Suite struct ExampleConfigurationTests {
  @Test(arguments: [
    (
      "generator", ["--partitions", "5000"],
      "generator: expected at most 4096 partitions, found 5000\n"
    ),
    (
      "stream-job", ["run", "--window", "1500ms"],
      "stream-job: could not use the window 1500ms: expected whole seconds; "
        + "Write --window 90s, 10m or 1h.\n"
    ),
  ])
  func `every setting of the example is taken`(
    program: String,
    arguments: [String],
    errors: String
  ) throws {
    let directory = try TemporaryDirectory()
    try directory.write(Repository.text(of: "firstclick.example.yaml"), to: "firstclick.yaml")
    try directory.write("hush-hush\n", to: "secrets/kafka-password")
    let outcome = try ProgramRun.run(program, arguments, in: directory)
    #expect(outcome.exitCode == 2)
    #expect(outcome.errors == errors)
  }

  @Test func `a wrong value in its place is refused, without the password`() throws {
    let directory = try TemporaryDirectory()
    let text = try Repository.text(of: "firstclick.example.yaml")
      .replacing("SCRAM-SHA-512", with: "SCRAM-SHA-3")
    try directory.write(text, to: "firstclick.yaml")
    try directory.write("hush-hush\n", to: "secrets/kafka-password")
    let outcome = try ProgramRun.run("generator", in: directory)
    #expect(outcome.exitCode == 2)
    #expect(
      outcome.errors == "generator: could not make a Kafka client of the properties given: "
        + "Unsupported hash function: SCRAM-SHA-3 (try SCRAM-SHA-512); "
        + "see the kafka.* settings and FIRSTCLICK_KAFKA_* variables\n"
    )
  }
}
