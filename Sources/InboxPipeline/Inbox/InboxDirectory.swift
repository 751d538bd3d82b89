package import Connect
import Foundation

/// The directories of a pipeline.
///
/// ```
/// ROOT/input/                 files wait here: products*, orders*, order_items*
/// ROOT/archive/RUN/           those that a run has committed
/// ROOT/archive/duplicates/RUN/ those that changed nothing: committed before, and no newer
/// ROOT/rejected/              those that do not fit, NAME.reason.json beside each
/// ROOT/dead/                  those that failed three runs, NAME.errors.json beside each
/// ROOT/results/RUN.json       what each run did
/// ROOT/.pipeline/             the pipeline's own: lock, failures so far, background process and log
/// ```
package struct InboxDirectory: Hashable, Sendable, CustomStringConvertible {
  /// Absolute, without symbolic links: the same inbox has one name.
  package let root: String

  /// - Throws: `.usage` when there is no such directory.
  package init(root: String) throws(ConnectorError) {
    guard let resolved = realpath(root, nil) else {
      throw ConnectorError(
        .usage,
        "could not open the inbox \(root): \(String(cString: strerror(errno)))",
        hint: "Make the directory, with input/ in it, or name another by --root."
      )
    }
    defer { free(resolved) }
    self.root = String(cString: resolved)
    var status = stat()
    guard stat(resolved, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw ConnectorError(
        .usage,
        "could not open the inbox \(root): expected a directory",
        hint: "Name the directory that holds input/."
      )
    }
  }

  package var description: String { root }
  package var input: String { "\(root)/input" }
  package var archive: String { "\(root)/archive" }
  package var duplicates: String { "\(archive)/duplicates" }
  package var rejected: String { "\(root)/rejected" }
  package var dead: String { "\(root)/dead" }
  package var results: String { "\(root)/results" }
  package var state: String { "\(root)/.pipeline" }

  /// Makes the directories that are missing.
  package func prepare() throws(ConnectorError) {
    for directory in [input, archive, rejected, dead, results, state] {
      try Self.make(directory)
    }
  }

  /// Makes a directory below an existing one, unless it is there.
  static func make(_ directory: String) throws(ConnectorError) {
    guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
      throw .fileSystem("make the directory \(directory)")
    }
  }
}
