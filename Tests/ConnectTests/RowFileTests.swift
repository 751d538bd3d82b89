import Connect
import Foundation
import TestSupport
import Testing

/// Files that replace others when they are whole.
@Suite struct RowFileTests {
  private func replace(_ name: String, with text: String) throws {
    let file = try RowFile(replacing: name)
    try Array(text.utf8).withUnsafeBytes { try file.write($0) }
    try file.publish()
  }

  private func names(in directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
  }

  @Test(arguments: ["target.csv", "/target.csv"])
  func `what a link leads to is replaced, not the link`(target: String) throws {
    try withTemporaryDirectory { directory in
      let target = target.hasPrefix("/") ? directory + "/sub" + target : target
      try FileManager.default.createDirectory(
        atPath: "\(directory)/sub",
        withIntermediateDirectories: false
      )
      for (link, next) in [("link.csv", "sub/second.csv"), ("sub/second.csv", target)] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(directory)/\(link)",
          withDestinationPath: next
        )
      }
      // At first it is not there yet.
      for text in ["first\n", "second\n"] {
        try replace("\(directory)/link.csv", with: text)
        #expect(try String(contentsOfFile: "\(directory)/sub/target.csv", encoding: .utf8) == text)
      }
      #expect(try names(in: directory) == ["link.csv", "sub"])
      #expect(try names(in: directory + "/sub") == ["second.csv", "target.csv"])
    }
  }

  @Test func `what killed runs have left is taken away, what others write is not`() throws {
    try withTemporaryDirectory { directory in
      let kept = ["o.csv.x.part", "o.csv.12", "p.csv.12.part"]
      for name in kept + ["o.csv.1.part", "o.csv.99999999.part", "o.csv.\(getpid()).part"] {
        try "left".write(toFile: "\(directory)/\(name)", atomically: false, encoding: .utf8)
      }
      let other = open("\(directory)/o.csv.1.part", O_RDONLY)
      defer { close(other) }
      try #require(flock(other, LOCK_EX) == 0)
      try replace("\(directory)/o.csv", with: "whole")
      #expect(try names(in: directory) == (kept + ["o.csv", "o.csv.1.part"]).sorted())
      #expect(try String(contentsOfFile: "\(directory)/o.csv", encoding: .utf8) == "whole")
    }
  }

  @Test func `a file that is written is safe from other runs`() throws {
    try withTemporaryDirectory { directory in
      let file = try RowFile(replacing: "\(directory)/o.csv")
      let part = "\(directory)/o.csv.\(getpid()).part"
      let other = open(part, O_RDONLY)
      defer { close(other) }
      #expect(flock(other, LOCK_EX | LOCK_NB) != 0)
      file.discard()
      #expect(try names(in: directory).isEmpty)
    }
  }
}
