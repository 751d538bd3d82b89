/// Why a message does not fit the contract, as `dead_letters.reason` says it.
package struct RejectReason: Error, Hashable, Sendable, CustomStringConvertible {
  /// One lowercase sentence: field, what was expected, what was found (cut at 64 bytes).
  package var description: String
  /// Where in the message, in bytes from its start; nil where it is about all of it.
  package var position: Int?

  package init(_ description: String, at position: Int? = nil) {
    self.description = description
    self.position = position
  }

  /// A Kafka record without a value.
  package static let nullPayload = RejectReason("expected an object, found a null payload")
}

extension RejectReason {
  static func tooLong(_ byteCount: Int) -> RejectReason {
    RejectReason("expected a message of at most 256 MiB, found \(byteCount) bytes")
  }

  /// The length is that of an object or an array that fits but for it.
  static func tooLong(_ field: Field, _ byteCount: Int, at position: Int) -> RejectReason {
    RejectReason(
      "\"\(field.name)\": expected at most \(Field.maximumNestedByteCount >> 20) MiB, "
        + "found \(byteCount) bytes",
      at: position
    )
  }

  static func fault(
    _ fault: SyntaxFault,
    of message: UnsafeRawBufferPointer,
    format: StaticString
  ) -> RejectReason {
    guard fault.offset < message.count else {
      return RejectReason(
        "not \(format): expected \(fault.expected), found the end of the message",
        at: message.count
      )
    }
    let found = excerpt(UnsafeRawBufferPointer(rebasing: message[fault.offset...]), maximum: 16)
    return RejectReason(
      "not \(format): expected \(fault.expected), found \(found) (byte \(fault.offset))",
      at: fault.offset
    )
  }

  static func missing(_ field: Field) -> RejectReason {
    RejectReason("\"\(field.name)\": expected \(field.expectation), found no value")
  }

  /// The value's bytes, `text`, are those of a string without its quotes.
  static func unfit(
    _ field: Field,
    found kind: ValueTraits.Kind,
    _ text: UnsafeRawBufferPointer,
    at position: Int
  ) -> RejectReason {
    let found = excerpt(text, maximum: 64)
    return RejectReason(
      "\"\(field.name)\": expected \(field.expectation), found "
        + (kind == .string ? "\"\(found)\"" : found),
      at: position
    )
  }

  /// The first bytes as printable text, which PostgreSQL can hold whatever they were.
  private static func excerpt(_ bytes: UnsafeRawBufferPointer, maximum: Int) -> String {
    var text = ""
    for scalar in String(decoding: bytes.prefix(maximum), as: UTF8.self).unicodeScalars {
      if scalar.value < 0x20 || scalar.value == 0x7F {
        text += scalar.escaped(asASCII: true)
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return bytes.count > maximum ? text + "..." : text
  }
}

extension Field {
  /// What a value has to be, in words.
  var expectation: String {
    switch form {
    case .text:
      maximumByteCount.map { "a string of 1 to \($0) bytes without U+0000" }
        ?? "a string without U+0000"
    case .time: "a time such as 2026-11-21T08:15:30.5Z"
    case .amount: "a number below 10^10"
    case .number: "a number"
    case .integer: "a whole number"
    case .object: "an object that jsonb can hold"
    case .objects: "an array of objects that jsonb can hold"
    }
  }
}
