import Connect
import Foundation

extension InboxDirectory {
  /// Writes a file that is there whole or not at all, also after a crash of the machine.
  ///
  /// It is written aside, synced, and renamed into its place. Whoever has the inbox's lock writes one
  /// file at a time, so a crash leaves at most one beginning, which the next one overwrites.
  func write(_ content: Data, to path: String) throws(ConnectorError) {
    let temporary = "\(state)/writing"
    do throws(ConnectorError) {
      try Self.writeAndSync(content, to: temporary)
      guard rename(temporary, path) == 0 else {
        throw .fileSystem("rename \(temporary) to \(path)")
      }
      try Self.syncDirectory(of: path)
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func writeAndSync(_ content: Data, to path: String) throws(ConnectorError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .fileSystem("create \(path)") }
    defer { close(descriptor) }
    var rest = [UInt8](content)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .fileSystem("write \(path)") }
      rest = rest.dropFirst(count)
    }
    guard fsync(descriptor) == 0 else { throw .fileSystem("sync \(path)") }
  }

  /// Makes the names in the file's directory last.
  private static func syncDirectory(of path: String) throws(ConnectorError) {
    let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .fileSystem("open \(directory)") }
    defer { close(descriptor) }
    // Some network file systems cannot sync a directory, and need not.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw .fileSystem("sync \(directory)") }
  }
}
