import Dataflow
import Events
import Programs

/// Events per second.
struct EventRate: SettingValue {
  let perSecond: Double

  static let expectation = "a number of events per second from 0.001 to 1000000000"
  init?(settingText: String) {
    guard let rate = Double(settingText), (0.001...1e9).contains(rate) else { return nil }
    perSecond = rate
  }
}

/// A share of some events.
struct ShareOfEvents: SettingValue {
  let share: Double

  static let expectation = "a share from 0 to 1"
  init?(settingText: String) {
    guard let share = Double(settingText), (0...1).contains(share) else { return nil }
    self.share = share
  }
}

/// What random numbers start from.
struct Seed: SettingValue {
  let number: UInt64

  static let expectation = "a whole number from 0 on"
  init?(settingText: String) {
    guard let number = UInt64(settingText) else { return nil }
    self.number = number
  }
}

extension EventTime: SettingValue {
  package static var expectation: String { "a time such as 2026-11-21T08:15:30Z" }

  package init?(settingText: String) {
    // The reader loads whole words: it wants 16 bytes behind the text.
    let bytes = Array(settingText.utf8) + Array(repeating: 0, count: 16)
    var reader = TimeReader()
    let time = bytes.withUnsafeBytes {
      reader.time(UnsafeRawBufferPointer(rebasing: $0.dropLast(16)))
    }
    guard let time else { return nil }
    self = time
  }
}
