/// MurmurHash2 as Kafka's Java client computes it: which partition a key belongs to.
///
/// So a producer in any language puts one user's events into the same partition as we do.
/// Source: `org.apache.kafka.common.utils.Utils.murmur2` and `toPositive`.
package enum Murmur2 {
  /// The 32-bit hash of a key, with Kafka's seed 0x9747b28c.
  package static func hash(_ key: UnsafeRawBufferPointer) -> UInt32 {
    let multiplier: UInt32 = 0x5bd1_e995
    // Modular arithmetic is the algorithm: every &* below wraps by definition.
    var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: key.count)
    let words = key.count / 4
    for word in 0..<words {
      var block = UInt32(
        littleEndian: key.loadUnaligned(fromByteOffset: word * 4, as: UInt32.self)
      )
      block &*= multiplier
      block ^= block &>> 24
      block &*= multiplier
      hash = (hash &* multiplier) ^ block
    }
    let tail = key.count & 3
    if tail > 0 {
      for byte in (0..<tail).reversed() {
        hash ^= UInt32(key[words * 4 + byte]) &<< UInt32(8 * byte)
      }
      hash &*= multiplier
    }
    hash ^= hash &>> 13
    hash &*= multiplier
    return hash ^ (hash &>> 15)
  }

  /// The partition of a key: its hash without the sign bit, modulo the number of partitions.
  package static func partition(of key: UnsafeRawBufferPointer, among partitionCount: Int) -> Int {
    precondition(partitionCount > 0, "\(partitionCount) partitions")
    return Int(hash(key) & 0x7fff_ffff) % partitionCount
  }
}
