import Dataflow
import Events

/// Writes event times as `2026-11-21T08:15:30.123456Z`; remembers the last day's date.
struct TimestampText {
  private static let microsecondsPerDay: Int64 = 86_400_000_000

  private var day = Int64.min
  /// The bytes of `2026-11-21T`, and one that is overwritten.
  private var date: (UInt64, UInt32) = (0, 0)

  mutating func append(_ time: EventTime, to line: inout LineCursor) {
    let microseconds = time.microseconds
    var timeDay = microseconds / Self.microsecondsPerDay
    var rest = microseconds % Self.microsecondsPerDay
    if rest < 0 {
      rest += Self.microsecondsPerDay
      timeDay -= 1
    }
    if timeDay != day { remember(timeDay) }
    line.next.storeBytes(of: date.0, as: UInt64.self)
    line.next.storeBytes(of: date.1, toByteOffset: 8, as: UInt32.self)
    line.next += 11
    let (second, fraction) = UInt64(rest).quotientAndRemainder(dividingBy: 1_000_000)
    line.appendDecimal(second / 3600, digits: 2)
    line.append(":")
    line.appendDecimal(second / 60 % 60, digits: 2)
    line.append(":")
    line.appendDecimal(second % 60, digits: 2)
    line.append(".")
    line.appendDecimal(fraction, digits: 6)
    line.append("Z")
  }

  private mutating func remember(_ newDay: Int64) {
    day = newDay
    withUnsafeTemporaryAllocation(byteCount: EventTime.maximumTextByteCount, alignment: 8) {
      guard let text = $0.baseAddress else { return }
      _ = EventTime(microseconds: newDay * Self.microsecondsPerDay).write(to: text)
      date = (
        text.load(as: UInt64.self), text.load(fromByteOffset: 8, as: UInt32.self)
      )
    }
  }
}
