import Testing

@testable import Events

/// Random messages, whole and broken, against the reference: same verdict, same values, no crash.
@Suite struct MutationTests {
  @Test(arguments: 0..<8 as Range<UInt64>)
  func `clicks agree with the reference, whatever bytes are changed`(seed: UInt64) {
    var messages = RandomMessages(seed: seed)
    let decoder = OneByOne()
    for _ in 0..<800 {
      let message = messages.nextClick()
      let expected = ReferenceDecoder.click(message)
      let decoded = decoder.click(message)
      #expect(
        decoded == expected,
        "\(decoder.lastReason) seed \(seed): \(String(decoding: message, as: UTF8.self))"
      )
      if decoded != expected { return }
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `checkouts agree with the reference, whatever bytes are changed`(seed: UInt64) {
    var messages = RandomMessages(seed: 1000 + seed)
    let decoder = OneByOne()
    for _ in 0..<800 {
      let message = messages.nextCheckout()
      let expected = ReferenceDecoder.checkout(message)
      let decoded = decoder.checkout(message)
      #expect(
        decoded == expected,
        "\(decoder.lastReason) seed \(seed): \(String(decoding: message, as: UTF8.self))"
      )
      if decoded != expected { return }
    }
  }

  @Test func `the messages are of both kinds`() {
    var messages = RandomMessages(seed: 7)
    let clicks = (0..<1000).map { _ in ReferenceDecoder.click(messages.nextClick()) != nil }
    let fitting = clicks.count(where: { $0 })
    #expect(150...750 ~= fitting)
    let checkouts = (0..<1000).map { _ in
      ReferenceDecoder.checkout(messages.nextCheckout()) != nil
    }
    #expect(150...750 ~= checkouts.count(where: { $0 }))
  }

  @Test(arguments: 0..<4 as Range<UInt64>, [1, 3, 1000])
  func `a run of lines decodes as its lines one by one`(seed: UInt64, limit: Int) {
    var messages = RandomMessages(seed: 2000 + seed)
    var lines: [[UInt8]] = []
    for _ in 0..<300 {
      let message = messages.nextClick().filter { $0 != 0x0a && $0 != 0x0d }
      lines.append(message)
    }
    var log: [UInt8] = []
    var offsets: [Int64] = []
    for (index, line) in lines.enumerated() {
      if index % 7 == 0 { log += Array(index % 2 == 0 ? "\n".utf8 : " \t\r\n".utf8) }
      offsets.append(Int64(log.count) + 50)
      log += line
      if index < lines.count - 1 { log += Array(index % 3 == 0 ? "\r\n".utf8 : "\n".utf8) }
    }

    let isBlank = lines.map { $0.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
    let expected = zip(lines.indices, lines).filter { !isBlank[$0.0] }
      .map { (offset: offsets[$0.0], fields: OneByOne().click($0.1)) }

    let buffer = MessageBuffer(log, padding: UInt8(ascii: "9"))
    var decoder = ClickDecoder()
    var decoded: [(offset: Int64, fields: DecodedFields?)] = []
    var consumed = 0
    while consumed < buffer.bytes.count {
      var batch = ClickBatch()
      let count = decoder.decode(
        lines: .init(rebasing: buffer.bytes[consumed...]),
        startOffset: 50 + Int64(consumed),
        limit: limit,
        into: &batch
      )
      #expect(count > 0)
      #expect(batch.records.count + batch.rejects.count <= limit)
      consumed += count
      #expect(consumed == log.count || log[consumed - 1] == 0x0a)
      decoded += batch.records.map { ($0.offset, $0.fields) }
      decoded += batch.rejects.map { ($0.offset, nil) }
    }
    decoded.sort { $0.offset < $1.offset }
    #expect(consumed == log.count)
    #expect(decoded.map(\.offset) == expected.map(\.offset))
    #expect(decoded.map(\.fields) == expected.map(\.fields))
  }
}
