import CLibPQ

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Options of libpq by keyword; those without a value are left out.
enum ConnectionOptions {
  /// Of a list that libpq gave, which stays the caller's to free.
  static func values(
    of options: UnsafeMutablePointer<PQconninfoOption>
  ) -> [String: String] {
    var values: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        values[String(cString: keyword)] = String(cString: value)
      }
      option += 1
    }
    return values
  }

  /// Those that a connection has, made or not.
  static func values(of connection: OpaquePointer) -> [String: String] {
    guard let options = PQconninfo(connection) else { return [:] }
    defer { PQconninfoFree(options) }
    return values(of: options)
  }

  /// What address, service, environment and libpq's own defaults come to, found without contact to
  /// any server; empty where they cannot be read.
  ///
  /// libpq knows it of connections only, and what is passed beside the address wins over a service.
  /// So a connection is begun that an option forbids: it has all the others, and goes nowhere.
  static func settled(for address: PostgresAddress) -> [String: String] {
    let connection = start([("dbname", address.connectionString), ("sslmode", "nowhere")])
    defer { PQfinish(connection) }
    return connection.map { values(of: $0) } ?? [:]
  }

  /// Begins to connect.
  ///
  /// Of what is given twice the last one counts; an address may stand as `dbname`.
  ///
  /// - Returns: the caller's to finish; nil when out of memory.
  static func start(_ parameters: [(keyword: String, value: String)]) -> OpaquePointer? {
    let keywords = parameters.map { strdup($0.keyword) }
    let values = parameters.map { strdup($0.value) }
    defer { (keywords + values).forEach { free($0) } }
    return PQconnectStartParams(
      keywords.map { UnsafePointer($0) } + [nil],
      values.map { UnsafePointer($0) } + [nil],
      1
    )
  }
}
