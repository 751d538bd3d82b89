/// The **next** record to read of one partition: an opaque token that only its connector interprets.
///
/// For the file log a `FilePosition`: `NAME:BYTES`, the file's name and the byte offset of a record's
/// start.
package struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
  package var token: String
  package init(_ token: String) { self.token = token }
  package var description: String { token }
}
