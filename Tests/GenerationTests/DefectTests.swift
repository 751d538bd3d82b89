import Connect
import Dataflow
import Testing

@testable import Generation

@Suite struct DefectTests {
  @Test(arguments: Defect.allCases.filter { $0 != .none })
  func `a message with this defect is refused, on both streams`(defect: Defect) throws {
    let source = try Plan.small(events: 60).make().log
    for stream in StreamKind.allCases {
      let log = MemoryLog()
      for line in source.lines(of: stream) {
        let broken = defect.applied(to: line + [UInt8(ascii: "\n")])
        #expect(broken.last == UInt8(ascii: "\n"))
        #expect(!broken.dropLast().contains(UInt8(ascii: "\n")))
        broken.withUnsafeBytes { log.append($0, to: stream, partition: 0) }
      }
      let decoded = DecodedLog(log)
      #expect(decoded.clicks.joined().isEmpty)
      #expect(decoded.checkouts.joined().isEmpty)
      #expect(decoded.rejectReasons.count == source.lines(of: stream).count)
    }
  }

  @Test func `without a defect a line stays as it is`() {
    let line = Array("{\"event_id\":\"c1\"}\n".utf8)
    #expect(Defect.none.applied(to: line) == line)
  }
}
