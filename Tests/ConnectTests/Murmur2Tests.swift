import Connect
import Testing

@Suite struct Murmur2Tests {
  /// Source: Apache Kafka, `UtilsTest.testMurmur2`.
  @Test(
    arguments: [
      ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
      ("a-little-bit-longer-string", -1_486_304_829),
      ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
      ("abc", 479_470_107),
    ] as [(String, Int32)]
  )
  func `hashes are those that Kafka publishes`(key: String, expected: Int32) {
    let hash = Array(key.utf8).withUnsafeBytes { Murmur2.hash($0) }
    #expect(Int32(bitPattern: hash) == expected)
  }

  @Test func `a partition is the hash without its sign, modulo their number`() {
    let partition = Array("21".utf8).withUnsafeBytes { Murmur2.partition(of: $0, among: 10) }
    #expect(partition == Int(Int32(-973_932_308) & 0x7fff_ffff) % 10)
  }
}
