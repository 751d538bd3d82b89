package import Connect
import FileInput
import Foundation
import OrderKPIs

/// What lies in `input/` at one moment.
package struct InboxListing: Sendable {
  /// Files of the pipeline's names, oldest first.
  package var files: [InboxFile] = []
  /// Everything else but hidden files, with why it is left alone, by name.
  package var others: [Other] = []

  /// Something that the pipeline leaves alone.
  package struct Other: Hashable, Codable, Sendable {
    package var name: String
    package var reason: String
  }

  /// Lists the directory; reads no file.
  package init(of inbox: InboxDirectory) throws(ConnectorError) {
    guard let directory = opendir(inbox.input) else { throw .fileSystem("list \(inbox.input)") }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let (name, shownName) = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { bytes in
          (String(validatingCString: bytes), String(cString: bytes))
        }
      }
      if let name {
        add(name, in: inbox)
      } else if !shownName.hasPrefix(".") {
        others.append(Other(name: shownName, reason: "expected a name in UTF-8"))
      }
    }
    files.sort(by: InboxFile.isOlder)
    others.sort { $0.name < $1.name }
  }

  private mutating func add(_ name: String, in inbox: InboxDirectory) {
    guard !name.hasPrefix(".") else { return }
    guard let table = ShopTable(fileName: name) else {
      others.append(Other(name: name, reason: Self.expectedNames))
      return
    }
    let path = "\(inbox.input)/\(name)"
    guard let stamp = FileStamp(ofFile: path) else {
      // One that is gone already was no file of this moment.
      var status = stat()
      guard lstat(path, &status) == 0 else { return }
      others.append(Other(name: name, reason: "expected a regular file"))
      return
    }
    files.append(InboxFile(name: name, path: path, table: table, stamp: stamp))
  }

  private static let expectedNames =
    "expected a name such as products*, orders* or order_items* that ends in "
    + ShopTable.fileEndings.joined(separator: ", ")
}
