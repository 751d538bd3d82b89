import FileInput

/// What became of the rows of one file.
package struct FileReport: Sendable {
  package let table: ShopTable
  package let file: ShopFile
  /// All rows behind the header.
  package internal(set) var rowCount = 0
  package internal(set) var rejects = RejectLog()

  package var path: String { file.file.path }
}
