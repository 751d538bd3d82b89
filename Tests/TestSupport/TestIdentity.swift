import Foundation

/// A certificate for an address of this machine, which is its own authority, and its key.
package struct TestIdentity: Sendable {
  package struct Failure: Error {}

  /// Files, PEM.
  package let certificate: String
  package let key: String

  /// Makes the files, valid for a day.
  ///
  /// Throws when openssl(1) does not.
  package init(in directory: String, for address: String = "127.0.0.1") throws {
    certificate = "\(directory)/\(address).pem"
    key = "\(directory)/\(address).key"
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
      "-days", "1", "-subj", "/CN=firstclick-test", "-addext", "subjectAltName=IP:\(address)",
      "-out", certificate, "-keyout", key,
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure() }
  }
}
