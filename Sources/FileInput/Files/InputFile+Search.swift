package import Connect
import Foundation

extension InputFile {
  /// The files that the patterns name, in their order; those of one pattern sorted bytewise.
  ///
  /// A pattern is a path, or has `*`, `?`, `[a-z]` or `{a,b}` in it; a path that exists is taken as
  /// it stands. A file that several patterns name is read once.
  ///
  /// - Throws: `.usage` for an empty pattern; for one that names nothing, for what cannot be read,
  ///   and for what is neither CSV nor JSON lines.
  package static func find(_ patterns: [String]) throws(ConnectorError) -> [InputFile] {
    var files: [InputFile] = []
    var seen: Set<[UInt64]> = []
    for pattern in patterns {
      for path in try paths(of: pattern) {
        let file = try InputFile(path, order: files.count)
        if seen.insert([file.stamp.device, file.stamp.inode]).inserted { files.append(file) }
      }
    }
    return files
  }

  private static func paths(of pattern: String) throws(ConnectorError) -> [String] {
    guard !pattern.isEmpty else {
      throw .usage(
        "expected the name of a file, found an empty one",
        hint: "name at least one file"
      )
    }
    guard access(pattern, F_OK) != 0, pattern.contains(where: { "*?[{".contains($0) }) else {
      return [pattern]
    }
    var found = glob_t()
    defer { globfree(&found) }
    let code = glob(pattern, GLOB_BRACE, nil, &found)
    guard code == 0 else {
      throw ConnectorError(
        .permanent,
        "found no file for the pattern \"\(pattern)\"",
        hint: "check the directory and the name before the first *"
      )
    }
    return (0..<Int(found.gl_pathc)).compactMap { index in
      found.gl_pathv?[index].map { String(cString: $0) }
    }
  }
}
