import Connect
import FileInput
import Foundation

/// Takes files of the inbox to where they belong once it is settled what becomes of them.
enum InboxMove {
  /// The path that the file can have in the directory, which is made if it is missing.
  ///
  /// Its own name, or with the run before it where another run moved one of that name there; shorter
  /// where that is too long, or would be with the ending of its companion.
  static func place(
    for file: InboxFile,
    in directory: String,
    run: RunID,
    companion: String = ""
  ) throws(ConnectorError) -> String {
    try InboxDirectory.make(directory)
    let path = "\(directory)/\(FittingName.of(file.name, companion: companion))"
    guard access(path, F_OK) == 0 else { return path }
    return "\(directory)/\(FittingName.of("\(run)-\(file.name)", companion: companion))"
  }

  /// Moves the file to a place on the same file system.
  ///
  /// A file that was put in its place meanwhile is left to the next run: if it slipped in at the
  /// last moment, it is put back.
  ///
  /// - Parameters:
  ///   - file: as it was when it was read.
  ///   - place: a free path.
  ///   - run: makes a name where one is needed.
  /// - Returns: false when the file is not there any more as it was.
  /// - Throws: what the file system says.
  static func move(
    _ file: InboxFile,
    to place: String,
    run: RunID
  ) throws(ConnectorError) -> Bool {
    guard file.isUnchanged else { return false }
    guard rename(file.path, place) == 0 else {
      if errno == ENOENT { return false }
      throw .fileSystem("move \(file.path) to \(place)")
    }
    guard FileStamp(ofFile: place) == file.stamp else {
      try putBack(place, to: file.path, run: run)
      return false
    }
    return true
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
    let other = FittingName.of("\(stem)-\(run)\(name.dropFirst(stem.count))")
    let otherPath = "\(place[..<nameStart])\(other)"
    guard rename(path, otherPath) == 0 else {
      throw .fileSystem("move \(path) back to \(otherPath)")
    }
  }
}
