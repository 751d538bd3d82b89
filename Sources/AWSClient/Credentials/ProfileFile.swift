import Connect
import Foundation

/// The sections of a shared credentials or config file.
///
///     [default]                          of the credentials file
///     aws_access_key_id = AKIA...        NAME = VALUE; # and ; begin comments
///     [profile shop]                     of the config file
///     s3 =
///       max_concurrent_requests = 20     indented: belongs to the line before, and is left out
///
/// Source: "Shared config and credentials files", AWS SDKs and Tools Reference Guide.
struct ProfileFile {
  let path: String
  private var sections: [String: [String: String]] = [:]

  /// Nil when there is no such file.
  ///
  /// - Throws: `.permanent` for a file that cannot be read, or has a line that is none of these.
  init?(_ path: String) throws(ConnectorError) {
    self.path = path
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw ConnectorError(
        .permanent,
        "could not read the AWS file \"\(path)\"",
        hint: "let this user read it; it is text in UTF-8"
      )
    }
    var section: String?
    // "\r\n" is one character, and no "\n".
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in lines.enumerated() {
      let isIndented = line.first.map { $0 == " " || $0 == "\t" } ?? false
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
        let name = line[line.index(after: line.startIndex)..<end]
        section = name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      } else if !isIndented {
        guard let equals = line.firstIndex(of: "="), let section else {
          // The line itself is not shown: it may be a secret.
          throw ConnectorError(
            .permanent,
            "could not read \(path), line \(number + 1): expected [SECTION] or NAME = VALUE",
            hint: "see the format of AWS's shared config and credentials files"
          )
        }
        let name = line[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
        let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
        // A comment behind a value needs a space before it.
        let end = value.firstRange(of: " #")?.lowerBound ?? value.firstRange(of: " ;")?.lowerBound
        sections[section, default: [:]][name] = String(value[..<(end ?? value.endIndex)])
          .trimmingCharacters(in: .whitespaces)
      }
    }
  }

  subscript(section: String) -> [String: String]? { sections[section] }
}
