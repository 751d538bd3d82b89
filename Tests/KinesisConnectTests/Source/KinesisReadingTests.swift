import Connect
import Testing

@testable import KinesisConnect

@Suite struct KinesisReadingTests {
  private func reading(pollInterval: String) throws -> KinesisReading {
    var reading = KinesisReading()
    _ = try reading.take(
      ConnectorProperty(name: "poll.interval", value: pollInterval, place: "kinesis.poll.interval")
    )
    return reading
  }

  @Test(arguments: ["200ms", "500ms", "10s"])
  func `a shard with more to read is asked five times a second, whatever its end is`(
    interval: String
  ) throws {
    let pacing = try reading(pollInterval: interval).pacing
    #expect(pacing.wait(isAtEnd: false) == .milliseconds(200))
    #expect(pacing.wait(isAtEnd: true) == Duration(durationText: interval))
  }

  @Test(arguments: ["199ms", "50ms", "11s", "often"])
  func `an interval that the service does not allow is refused`(interval: String) {
    let error = #expect(throws: ConnectorError.self) { try reading(pollInterval: interval) }
    #expect(
      error?.message
        == "could not read kinesis.poll.interval: expected a duration from 200ms to 10s, "
        + "found \"\(interval)\""
    )
  }
}
