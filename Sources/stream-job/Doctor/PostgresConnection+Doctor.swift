import Connect
import PostgresConnect

extension PostgresConnection {
  /// For the doctor's questions.
  convenience init(examining address: PostgresAddress) throws(ConnectorError) {
    try self.init(address, applicationName: "firstclick doctor", lockTimeout: .short)
  }
}
