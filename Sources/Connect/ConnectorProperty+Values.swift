extension ConnectorProperty {
  private static let fewestBytes = 1 << 20

  /// A size in bytes, such as `256MiB`.
  package func byteCount() throws(ConnectorError) -> Int {
    guard let byteCount = Int(byteSizeText: value), byteCount >= Self.fewestBytes else {
      throw .notRead(self, expected: "a size of at least 1MiB, such as 256MiB")
    }
    return byteCount
  }
}

extension ConnectorError {
  /// A setting's value is not what it should be; not for secrets, which it would show.
  package static func notRead(
    _ property: ConnectorProperty,
    expected: String
  ) -> ConnectorError {
    ConnectorError(
      .usage,
      "could not read \(property.place): expected \(expected), found "
        + "\"\(property.value.prefix(64))\""
    )
  }
}
