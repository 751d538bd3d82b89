import Connect
import Dataflow
import InboxPipeline
import Programs

/// Time between runs, at least a second.
struct SchedulePeriod: SettingValue {
  var span: EventSpan

  static var expectation: String { "a duration of a second or more such as 90s, 5m or 1h" }
  init?(settingText: String) {
    guard let span = EventSpan(durationText: settingText), span >= .seconds(1) else { return nil }
    self.span = span
  }
}

extension Schedule.TimeOfDay: SettingValue {
  package static var expectation: String { "a time of day, UTC, such as 02:00" }
  package init?(settingText: String) { self.init(settingText) }
}
