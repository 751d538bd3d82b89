/// A request in the one form that both ends sign.
///
///     GET                                      method
///     /                                        path, percent-encoded
///     Param1=value1&Param2=value2              query, sorted
///     host:example.amazonaws.com               headers, lower-case and sorted
///     x-amz-date:20150830T123600Z
///                                              an empty line
///     host;x-amz-date                          their names
///     e3b0c44298fc1c149afbf4c8996fb924...      SHA-256 of the body
///
/// Source: "Create a signed AWS API request", AWS IAM User Guide.
struct CanonicalRequest {
  let text: String
  /// `host;x-amz-date`.
  let signedHeaders: String

  /// - Parameters:
  ///   - method: in capitals.
  ///   - path: as it is sent.
  ///   - query: names and values, not encoded.
  ///   - headers: any case, any order.
  ///   - bodyHash: hexadecimal.
  ///   - isPlainPath: S3 signs the path as it is; all others without empty and dotted segments, and
  ///     encoded once more.
  init(
    method: String,
    path: String,
    query: [ServiceRequest.Parameter],
    headers: [HTTPRequest.Header],
    bodyHash: String,
    isPlainPath: Bool
  ) {
    var values: [String: String] = [:]
    for (name, value) in headers {
      // Several of a name are one header whose values are joined.
      let name = name.lowercased()
      values[name] = (values[name].map { $0 + "," } ?? "") + Self.trimmed(value)
    }
    let names = values.keys.sorted(by: Self.bytewise)
    signedHeaders = names.joined(separator: ";")
    let lines = names.map { "\($0):\(values[$0] ?? "")\n" }.joined()
    text = """
      \(method)
      \(isPlainPath ? path : PercentEncoding.encode(Self.normalized(path), keeping: "/"))
      \(Self.query(query))
      \(lines)
      \(signedHeaders)
      \(bodyHash)
      """
  }

  /// `Param1=value1&Param2=value2`, as it is signed and sent.
  static func query(_ parameters: [ServiceRequest.Parameter]) -> String {
    parameters.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
      .sorted { $0.0 == $1.0 ? bytewise($0.1, $1.1) : bytewise($0.0, $1.0) }
      .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
  }

  private static func bytewise(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  /// Without `.`, without `NAME/..`, and with runs of slashes made one (RFC 3986, 5.2.4).
  private static func normalized(_ path: String) -> String {
    var segments: [Substring] = []
    for segment in path.split(separator: "/") where segment != "." {
      if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
    }
    return segments.isEmpty
      ? "/" : "/" + segments.joined(separator: "/") + (path.hasSuffix("/") ? "/" : "")
  }

  /// Without spaces at the ends, and with runs of them made one.
  private static func trimmed(_ value: String) -> String {
    value.utf8.split { $0 <= UInt8(ascii: " ") }.map { String(Substring($0)) }
      .joined(separator: " ")
  }
}

/// Percent-encoding as signatures want it: all but the unreserved characters of RFC 3986.
package enum PercentEncoding {
  package static func encode(_ text: String, keeping kept: String = "") -> String {
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) || kept.utf8.contains(byte) {
        encoded.append(byte)
      } else {
        encoded.append(UInt8(ascii: "%"))
        encoded += Digest.hexadecimal([byte]).uppercased().utf8
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
