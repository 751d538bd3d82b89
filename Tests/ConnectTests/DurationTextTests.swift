import Connect
import Dataflow
import Testing

@Suite struct DurationTextTests {
  @Test func `a number and a unit are a duration`() {
    #expect(EventSpan(durationText: "250ms") == EventSpan(microseconds: 250_000))
    #expect(EventSpan(durationText: "90s") == .seconds(90))
    #expect(EventSpan(durationText: "5m") == .minutes(5))
    #expect(EventSpan(durationText: "1h") == .hours(1))
    #expect(EventSpan(durationText: "1d") == .hours(24))
    #expect(EventSpan(durationText: "7us") == EventSpan(microseconds: 7))
    #expect(EventSpan(durationText: "0") == .seconds(0))
    #expect(Duration(durationText: "90s") == .seconds(90))
  }

  @Test(arguments: [
    "", "5", "s", "-5s", "+5s", "5 s", "5S", "1.5h", "1h30m", "٣s", "9999999999999999999s",
    "36601d",
  ])
  func `anything else is none`(text: String) {
    #expect(EventSpan(durationText: text) == nil)
    #expect(Duration(durationText: text) == nil)
  }

  @Test func `a span is written in the greatest unit that divides it`() {
    for text in ["0s", "250ms", "90s", "5m", "1h", "36h", "2d", "7us"] {
      #expect(EventSpan(durationText: text)?.durationText == text)
    }
  }
}
