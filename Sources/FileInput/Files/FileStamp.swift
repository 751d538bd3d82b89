import Foundation

/// What tells one state of a file from another: a file put in its place, or written to since.
///
/// Kept over a rename within the file system, which the time of the last status change is not.
package struct FileStamp: Hashable, Sendable {
  enum Kind: Sendable {
    case file, directory, other
  }

  let kind: Kind
  package let device: UInt64
  package let inode: UInt64
  package let byteCount: Int64
  /// Nanoseconds since 1970; before 1677 and after 2262 the nearest there are.
  package let modified: Int64

  /// Nil where there is no regular file; a symbolic link is none.
  package init?(ofFile path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    self.init(ofFile: status)
  }

  /// Nil where the descriptor is of no regular file.
  package init?(ofDescriptor descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(ofFile: status)
  }

  private init?(ofFile status: stat) {
    self.init(status)
    guard kind == .file else { return nil }
  }

  init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      default: .other
      }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    byteCount = Int64(status.st_size)
    let time = status.st_mtim
    modified = Int64(clamping: Int128(time.tv_sec) * 1_000_000_000 + Int128(time.tv_nsec))
  }
}
