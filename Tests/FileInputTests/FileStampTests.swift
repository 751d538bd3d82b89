import FileInput
import Foundation
import TestSupport
import Testing

@Suite
struct FileStampTests {
  @Test(arguments: [
    // 2026, 2262 and 2300.
    (1_795_000_000, 123_456_789, 1_795_000_000_123_456_789),
    (9_223_372_036, 854_775_807, Int64.max),
    (9_223_372_036, 854_775_808, .max),
    (10_413_792_000, 0, .max),
    (0, 1, 1),
    (-1, 999_999_999, -1),
  ])
  func `a time is told in nanoseconds, or the nearest there is`(
    seconds: Int,
    nanoseconds: Int,
    expected: Int64
  ) throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/a.csv"
      try write("n\n".utf8, to: path)
      let time = timespec(tv_sec: seconds, tv_nsec: nanoseconds)
      #expect(utimensat(AT_FDCWD, path, [time, time], 0) == 0)
      #expect(try #require(FileStamp(ofFile: path)).modified == expected)
    }
  }

  @Test
  func `what is no regular file has none`() throws {
    try withTemporaryDirectory { directory in
      try write("n\n".utf8, to: "\(directory)/a.csv")
      try FileManager.default.createSymbolicLink(
        atPath: "\(directory)/link.csv",
        withDestinationPath: "\(directory)/a.csv"
      )
      #expect(FileStamp(ofFile: "\(directory)/a.csv") != nil)
      #expect(FileStamp(ofFile: "\(directory)/link.csv") == nil)
      #expect(FileStamp(ofFile: directory) == nil)
      #expect(FileStamp(ofFile: "\(directory)/none.csv") == nil)
    }
  }
}
