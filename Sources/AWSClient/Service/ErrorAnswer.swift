import Foundation

/// What an answer of an error status says: a code and a message, in JSON or XML.
struct ErrorAnswer {
  let code: String
  let message: String

  /// Beyond, a message is cut: this much holds the user, the action and the resource of a refusal.
  private static let longestMessage = 400

  init(_ response: HTTPResponse) {
    let text = response.body.text
    let isXML = text.hasPrefix("<")
    let body = isXML ? Self.xml(text) : Self.json(text)
    let code = response.headers["x-amzn-errortype"] ?? body.code ?? ""
    self.code = Self.bare(code)
    // One line, whatever the server says.
    let words = (body.message ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    message = String(words.prefix(Self.longestMessage))
  }

  /// `com.amazon.coral.service#AccessDeniedException:http://...` is `AccessDeniedException`.
  private static func bare(_ code: String) -> String {
    let unscoped = code.prefix { $0 != ":" }
    return String(
      unscoped[(unscoped.lastIndex(of: "#").map(unscoped.index(after:)) ?? unscoped.startIndex)...]
    )
  }

  private static func json(_ text: String) -> (code: String?, message: String?) {
    guard
      let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    else { return (nil, nil) }
    let code = object["__type"] ?? object["code"]
    let message = object["message"] ?? object["Message"]
    return (code as? String, message as? String)
  }

  private static func xml(_ text: String) -> (code: String?, message: String?) {
    (XMLText.element("Code", in: text), XMLText.element("Message", in: text))
  }
}

/// The few elements that are read of XML answers: flat, without attributes.
enum XMLText {
  /// The text of the first element of a name.
  static func element(_ name: String, in text: String) -> String? {
    guard let start = text.firstRange(of: "<\(name)>"),
      let end = text[start.upperBound...].firstRange(of: "</\(name)>")
    else { return nil }
    var value = String(text[start.upperBound..<end.lowerBound])
    for (entity, character) in [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&"),
    ] {
      value = value.replacing(entity, with: character)
    }
    return value
  }
}
