package import Dataflow
package import FileInput
package import OrderKPIs

/// A file of the inbox, as it was when it was found.
package struct InboxFile: Hashable, Sendable {
  package let name: String
  package let path: String
  package let table: ShopTable
  package let stamp: FileStamp

  /// The order in which files win over each other: the later modified one, then the greater name.
  package static func isOlder(_ left: InboxFile, _ right: InboxFile) -> Bool {
    (left.stamp.modified, left.name) < (right.stamp.modified, right.name)
  }

  /// When it was last written, to the microsecond.
  package var modifiedAt: EventTime { EventTime(microseconds: stamp.modified / 1000) }

  /// False once it was removed, replaced or written to.
  package var isUnchanged: Bool { FileStamp(ofFile: path) == stamp }
}

/// A file that a run takes, with what it is known by for good.
package struct TakenFile: Hashable, Sendable {
  package let file: InboxFile
  package let hash: ContentHash

  var content: TableContent { TableContent(table: file.table, hash: hash) }
}

/// What makes two files copies of each other: the same bytes, read as the same table.
struct TableContent: Hashable, Sendable {
  let table: ShopTable
  let hash: ContentHash
}

/// The newest file whose rows are committed, of those with one content.
struct ProcessedFile: Sendable {
  let name: String
  let modifiedAt: EventTime
  let run: String

  /// Whether rows of the file would win over those of this one, and over what has won since.
  func isOlder(than file: InboxFile) -> Bool {
    (modifiedAt, name) < (file.modifiedAt, file.name)
  }
}
