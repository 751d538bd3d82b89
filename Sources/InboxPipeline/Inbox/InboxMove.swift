import Connect
import Foundation

/// Takes files of the inbox to where they belong once it is settled what becomes of them.
enum InboxMove {
  /// Moves the file into the directory, under its own name where that is free.
  ///
  /// A file that was put in its place meanwhile is left to the next run: if it slipped in at the
  /// last moment, it is put back.
  ///
  /// - Parameters:
  ///   - file: as it was when it was read.
  ///   - directory: on the same file system; made if it is missing.
  ///   - run: distinguishes the name where another run moved a file of the same name before.
  /// - Returns: the path it has now; nil when the file is not there any more as it was.
  static func move(
    _ file: InboxFile,
    to directory: String,
    run: RunID
  ) throws(ConnectorError) -> String? {
    guard file.isUnchanged else { return nil }
    try InboxDirectory.make(directory)
    let target = freePath(for: file.name, in: directory, run: run)
    guard rename(file.path, target) == 0 else {
      if errno == ENOENT { return nil }
      throw .fileSystem("move \(file.path) to \(target)")
    }
    guard FileStamp(ofFile: target) == file.stamp else {
      try putBack(target, to: file.path, run: run)
      return nil
    }
    return target
  }

  private static func freePath(for name: String, in directory: String, run: RunID) -> String {
    let path = "\(directory)/\(name)"
    return access(path, F_OK) == 0 ? "\(directory)/\(run)-\(name)" : path
  }

  /// Without overwriting what came to its place even later.
  private static func putBack(_ path: String, to place: String, run: RunID) throws(ConnectorError) {
    if link(path, place) == 0 {
      unlink(path)
      return
    }
    guard errno == EEXIST else { throw .fileSystem("move \(path) back to \(place)") }
    let nameStart = place.lastIndex(of: "/").map(place.index(after:)) ?? place.startIndex
    let name = place[nameStart...]
    // The later one has the name; the kind is told by the beginning, so the run goes behind it.
    let stem = name.prefix { $0 != "." }
    let other = "\(place[..<nameStart])\(stem)-\(run)\(name.dropFirst(stem.count))"
    guard rename(path, other) == 0 else { throw .fileSystem("move \(path) back to \(other)") }
  }
}
