import Logging
import Programs
import Testing

@Suite struct SettingValueTests {
  @Test(arguments: [
    ("32MiB", 33_554_432), ("500kB", 500_000), ("1000000", 1_000_000), ("7b", 7), ("2GiB", 2 << 30),
  ])
  func `a size is a number and a unit`(text: String, byteCount: Int) {
    #expect(ByteCount(settingText: text)?.byteCount == byteCount)
  }

  @Test(arguments: ["", "MiB", "0", "-1", "1.5MiB", "5 MiB", "1XB", "9223372036854775807kB"])
  func `what is no size is refused`(text: String) {
    #expect(ByteCount(settingText: text) == nil)
  }

  @Test func `names are listed as people list them`() {
    #expect(
      Logger.Level.expectation == "trace, debug, info, notice, warning, error or critical"
    )
  }
}
