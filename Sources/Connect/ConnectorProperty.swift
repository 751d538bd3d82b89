/// A setting that a connector hands on to its client library by the library's own name.
package struct ConnectorProperty: Hashable, Sendable {
  /// As the library writes it: `security.protocol`.
  package var name: String
  package var value: String
  /// Where it was given, for messages: an environment variable, or a file, line and key.
  package var place: String

  package init(name: String, value: String, place: String) {
    self.name = name
    self.value = value
    self.place = place
  }
}
