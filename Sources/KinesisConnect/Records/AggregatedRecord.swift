/// A Kinesis record that the Kinesis Producer Library made of many.
///
///     F3 89 9A C2 | AggregatedRecord (protocol buffer) | MD5 of the middle, 16 bytes
///
///     message AggregatedRecord {                     message Record {
///       repeated string partition_key_table = 1;       required uint64 partition_key_index = 1;
///       repeated string explicit_hash_key_table = 2;   optional uint64 explicit_hash_key_index = 2;
///       repeated Record records = 3;                   required bytes data = 3;
///     }                                              }
///
/// What has the first four bytes but not the rest is no aggregate: a plain record.
/// Source: "KPL Aggregated Record Format", awslabs/amazon-kinesis-producer, aggregation-format.md.
struct AggregatedRecord {
  struct Entry: Hashable {
    /// Of `bytes`.
    var data: Range<Int>
    var partitionKey: Range<Int>
    /// What the producer gave instead of the partition key's hash.
    var explicitHashKey: UInt128?
  }

  private static let magic: [UInt8] = [0xf3, 0x89, 0x9a, 0xc2]
  private static let digestByteCount = 16

  private(set) var entries: [Entry] = []
  private var partitionKeys: [Range<Int>] = []
  private var explicitHashKeys: [UInt128] = []

  /// Nil for a plain record.
  init?(_ bytes: UnsafeRawBufferPointer) {
    let prefix = Self.magic.count
    guard bytes.count > prefix + Self.digestByteCount, bytes.starts(with: Self.magic) else {
      return nil
    }
    let message = prefix..<(bytes.count - Self.digestByteCount)
    guard Self.hasDigest(bytes, of: message) else { return nil }
    do throws(ProtobufReader.Malformed) {
      try read(bytes, in: message)
    } catch {
      return nil
    }
  }

  private static func hasDigest(_ bytes: UnsafeRawBufferPointer, of message: Range<Int>) -> Bool {
    let digest = HashKey(ofPartitionKey: UnsafeRawBufferPointer(rebasing: bytes[message]))
    let stored = bytes.loadUnaligned(fromByteOffset: message.upperBound, as: UInt128.self)
    return digest.value == UInt128(bigEndian: stored)
  }

  /// The tables may stand behind the records that refer to them.
  private mutating func read(
    _ bytes: UnsafeRawBufferPointer,
    in message: Range<Int>
  ) throws(ProtobufReader.Malformed) {
    var records: [Range<Int>] = []
    var fields = ProtobufReader(bytes, in: message)
    while let field = try fields.field() {
      switch (field.number, field.value) {
      case (1, .bytes(let key)): partitionKeys.append(key)
      case (2, .bytes(let digits)): explicitHashKeys.append(try Self.hashKey(bytes, at: digits))
      case (3, .bytes(let record)): records.append(record)
      case (1...3, .number): throw ProtobufReader.Malformed()
      default: break
      }
    }
    entries.reserveCapacity(records.count)
    for record in records { entries.append(try entry(bytes, in: record)) }
  }

  private func entry(
    _ bytes: UnsafeRawBufferPointer,
    in record: Range<Int>
  ) throws(ProtobufReader.Malformed) -> Entry {
    var key: Range<Int>?
    var explicitHashKey: UInt128?
    var data: Range<Int>?
    var fields = ProtobufReader(bytes, in: record)
    while let field = try fields.field() {
      switch (field.number, field.value) {
      case (1, .number(let index)): key = try Self.element(index, of: partitionKeys)
      case (2, .number(let index)): explicitHashKey = try Self.element(index, of: explicitHashKeys)
      case (3, .bytes(let range)): data = range
      case (1...3, _): throw ProtobufReader.Malformed()
      default: break
      }
    }
    guard let key, let data else { throw ProtobufReader.Malformed() }
    return Entry(data: data, partitionKey: key, explicitHashKey: explicitHashKey)
  }

  private static func element<Value>(
    _ index: UInt64,
    of table: [Value]
  ) throws(ProtobufReader.Malformed) -> Value {
    guard index < UInt64(table.count) else { throw ProtobufReader.Malformed() }
    return table[Int(index)]
  }

  /// Reads decimal digits.
  private static func hashKey(
    _ bytes: UnsafeRawBufferPointer,
    at digits: Range<Int>
  ) throws(ProtobufReader.Malformed) -> UInt128 {
    guard let key = UInt128(String(decoding: bytes[digits], as: UTF8.self)) else {
      throw ProtobufReader.Malformed()
    }
    return key
  }
}
