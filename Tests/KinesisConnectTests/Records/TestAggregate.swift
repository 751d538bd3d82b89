import CCrypto

/// An aggregate as the Kinesis Producer Library writes it, encoded from the format's description.
struct TestAggregate {
  struct Record: Equatable {
    var partitionKey: String
    var explicitHashKey: UInt128?
    var data: [UInt8]
  }

  var records: [Record]
  /// Fields that the format does not name, which readers leave alone.
  var hasUnknownFields = false
  /// The tables behind the records.
  var areTablesLast = false

  var bytes: [UInt8] { Self.sealed(message) }

  /// Magic, message, digest.
  static func sealed(_ message: [UInt8]) -> [UInt8] {
    [0xf3, 0x89, 0x9a, 0xc2] + message + md5(message)
  }

  private var message: [UInt8] {
    var keys: [String] = []
    var hashKeys: [UInt128] = []
    var body: [UInt8] = []
    for record in records {
      var fields: [UInt8] = []
      if hasUnknownFields { fields += [0x21] + Array(repeating: 7, count: 8) }
      fields += [0x08] + Self.varint(Self.index(of: record.partitionKey, in: &keys))
      if let key = record.explicitHashKey {
        fields += [0x10] + Self.varint(Self.index(of: key, in: &hashKeys))
      }
      fields += Self.field(3, record.data)
      if hasUnknownFields { fields += Self.field(9, [1, 2, 3]) + [0x55, 1, 2, 3, 4] }
      body += Self.field(3, fields)
    }
    var tables = keys.flatMap { Self.field(1, Array($0.utf8)) }
    tables += hashKeys.flatMap { Self.field(2, Array(String($0).utf8)) }
    return areTablesLast ? body + tables : tables + body
  }

  private static func index<Value: Equatable>(of value: Value, in table: inout [Value]) -> UInt64 {
    if let index = table.firstIndex(of: value) { return UInt64(index) }
    table.append(value)
    return UInt64(table.count - 1)
  }

  static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2] + varint(UInt64(bytes.count)) + bytes
  }

  static func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
  }

  private static func md5(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 16)
    EVP_Digest(bytes, bytes.count, &digest, nil, EVP_md5(), nil)
    return digest
  }
}
