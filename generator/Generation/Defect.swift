/// What is wrong with a message that does not fit the contract.
enum Defect: UInt8, BitwiseCopyable, CaseIterable {
  case none
  case cutOff, notJSON, notAnObject, trailingText
  case missingUser, missingTime, missingEventID
  case impossibleTime, timeWithoutZone, timeNotText
  case emptyEventID, longEventID, longUserID, userNotText
  case brokenUTF8, nulCharacter, loneSurrogate, rawControlCharacter
  case amountNotANumber, amountTooLarge

  /// The good line with this defect put in; the line end stays.
  func applied(to line: [UInt8]) -> [UInt8] {
    var line = Line(bytes: line.dropLast())
    switch self {
    case .none: break
    case .cutOff: line.bytes.removeLast(line.bytes.count / 3)
    case .notJSON: line.bytes = Array("<html>502 Bad Gateway</html>".utf8)
    case .notAnObject: line.bytes = Array("[1, 2, 3]".utf8)
    case .trailingText: line.bytes += Array("}".utf8)
    case .missingUser: line.rename("user_id", to: "userid")
    case .missingTime: line.rename("timestamp", to: "ts")
    case .missingEventID: line.rename("event_id", to: "id")
    case .impossibleTime: line.set("timestamp", to: "\"2026-02-30T25:61:00Z\"")
    case .timeWithoutZone: line.set("timestamp", to: "\"2026-11-21T08:15:30.123456\"")
    case .timeNotText: line.set("timestamp", to: "1795248930")
    case .emptyEventID: line.set("event_id", to: "\"\"")
    case .longEventID: line.set("event_id", to: "\"" + String(repeating: "e", count: 101) + "\"")
    case .longUserID: line.set("user_id", to: "\"" + String(repeating: "u", count: 51) + "\"")
    case .userNotText: line.set("user_id", to: "12345")
    case .brokenUTF8: line.set("user_id", to: Array("\"us".utf8) + [0xc3, 0x28] + Array("\"".utf8))
    case .nulCharacter: line.set("user_id", to: "\"us\\u0000er\"")
    case .loneSurrogate: line.set("user_id", to: "\"us\\ud83der\"")
    case .rawControlCharacter: line.set("user_id", to: "\"us\u{1}er\"")
    case .amountNotANumber: line.setAmount(to: "\"12,50\"")
    case .amountTooLarge: line.setAmount(to: "10000000000.00")
    }
    return line.bytes + [UInt8(ascii: "\n")]
  }

  private struct Line {
    var bytes: [UInt8]

    mutating func rename(_ key: String, to name: String) {
      guard let range = find("\"\(key)\":") else { return }
      bytes.replaceSubrange(range, with: "\"\(name)\":".utf8)
    }

    /// Replaces the value of a key whose value holds no comma.
    mutating func set(_ key: String, to value: some Collection<UInt8>) {
      guard let range = find("\"\(key)\":"),
        let end = bytes[range.upperBound...].firstIndex(of: UInt8(ascii: ","))
      else { return }
      bytes.replaceSubrange(range.upperBound..<end, with: value)
    }

    mutating func set(_ key: String, to value: String) { set(key, to: Array(value.utf8)) }

    /// The amount that a click or checkout has.
    mutating func setAmount(to value: String) {
      set(find("\"total_amount\":") == nil ? "product_price" : "total_amount", to: value)
    }

    private func find(_ text: String) -> Range<Int>? {
      let pattern = Array(text.utf8)
      let last = bytes.count - pattern.count
      guard last >= 0 else { return nil }
      return (0...last).first { bytes[$0...].starts(with: pattern) }
        .map { $0..<$0 + pattern.count }
    }
  }
}

extension Defect {
  /// All defects in turn.
  static func number(_ index: Int) -> Defect {
    let defects = allCases.dropFirst()
    return defects[defects.startIndex + index % defects.count]
  }
}

extension EventEncoder {
  /// Appends the event's line with its defect.
  mutating func appendMalformed(_ event: Event, to line: inout LineCursor) {
    let start = line.next
    append(event, to: &line)
    let good = [UInt8](UnsafeRawBufferPointer(start: start, count: line.next - start))
    line.next = start
    event.defect.applied(to: good).withUnsafeBytes { line.append($0) }
  }
}
