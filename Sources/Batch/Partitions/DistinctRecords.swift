import CScan
import Connect

/// The records of one partition without those that were sent again: of one event_id, user and stream
/// the first in input order stays.
///
/// An open-addressing table of record numbers, found by a hash of the identity, at most half full;
/// equality is decided by the bytes. The hash's seed is the process's.
final class DistinctRecords {
  /// A record in the partition's memory.
  struct Entry: BitwiseCopyable {
    var time: Int64
    var record: UnsafeRawPointer
    /// The thread that packed it.
    var writer: Int32
    var stream: StreamKind
  }

  /// In input order, clicks first.
  private(set) var entries: [Entry] = []
  /// Those that were left out.
  private(set) var duplicates: [StreamKind: Int] = [:]

  private let seed = UInt64.random(in: 1 ... .max)
  private var hashes: [UInt64] = []
  /// Numbers of entries from 1 on, those of hashes alongside.
  private var slots: [UInt32] = []

  /// How many records ahead the table's memory is asked for.
  private static let lookahead = 16

  /// Replaces the records by those of the partition.
  func load(_ contents: PartitionContents) {
    entries.removeAll(keepingCapacity: true)
    hashes.removeAll(keepingCapacity: true)
    duplicates = [:]
    var (entries, hashes) = (exchange(&self.entries, with: []), exchange(&self.hashes, with: []))
    contents.forEach { record, writer, stream in
      entries.append(
        Entry(
          time: PackedHeader.time(of: record),
          record: record,
          writer: Int32(truncatingIfNeeded: writer),
          stream: stream
        )
      )
      hashes.append(hash(PackedHeader.identity(of: record), of: stream))
    }
    (self.entries, self.hashes) = (entries, hashes)
    removeDuplicates()
  }

  private func removeDuplicates() {
    let mask = Self.mask(for: entries.count)
    slots.removeAll(keepingCapacity: true)
    slots.append(contentsOf: repeatElement(0, count: mask + 1))
    var kept = 0
    entries.withUnsafeMutableBufferPointer { entries in
      hashes.withUnsafeMutableBufferPointer { hashes in
        slots.withUnsafeMutableBufferPointer { slots in
          for index in entries.indices {
            if index + Self.lookahead < hashes.count, let start = slots.baseAddress {
              prefetch(start + Int(truncatingIfNeeded: hashes[index + Self.lookahead]) & mask)
            }
            let (entry, hash) = (entries[index], hashes[index])
            var place = Int(truncatingIfNeeded: hash) & mask
            var isDuplicate = false
            while slots[place] != 0, !isDuplicate {
              let other = Int(slots[place]) - 1
              isDuplicate = hashes[other] == hash && Self.isSame(entries[other], entry)
              place = (place + 1) & mask
            }
            if isDuplicate {
              duplicates[entry.stream, default: 0] += 1
              continue
            }
            slots[place] = UInt32(kept + 1)
            (entries[kept], hashes[kept]) = (entry, hash)
            kept += 1
          }
        }
      }
    }
    entries.removeLast(entries.count - kept)
  }

  private static func isSame(_ left: Entry, _ right: Entry) -> Bool {
    guard left.stream == right.stream else { return false }
    let (mine, its) = (
      PackedHeader.identity(of: left.record), PackedHeader.identity(of: right.record)
    )
    guard mine.count == its.count, let a = mine.baseAddress, let b = its.baseAddress else {
      return false
    }
    return scan_equal(a, b, mine.count)
  }

  /// A power of two less one: twice as many slots as records.
  private static func mask(for count: Int) -> Int {
    1 << (Int.bitWidth - max(2 * count, 15).leadingZeroBitCount) - 1
  }

  /// The last step may read up to 7 bytes beyond the identity, which it masks out: they are within
  /// the block.
  @inline(__always)
  private func hash(_ identity: UnsafeRawBufferPointer, of stream: StreamKind) -> UInt64 {
    guard let bytes = identity.baseAddress else { return 0 }
    return WordHash.fold(
      bytes,
      identity.count,
      into: stream == .clicks ? seed : ~seed
    )
  }
}
