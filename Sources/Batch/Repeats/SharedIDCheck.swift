import Connect
import Synchronization

/// Compares the ids behind shared fingerprints, so that ids decide and not their hashes.
///
/// ```
/// fingerprint in several partitions of users      ids found           it is
///                                                 A in 1, A in 2      shared
///                                                 A in 1, B in 2      not shared: two ids met
/// ```
final class SharedIDCheck: Sendable {
  private struct Found {
    let stream: StreamKind
    let id: [UInt8]
    let userPartition: Int
    var isShared = false
  }

  /// An event whose fingerprint is shared, in the memory of its partition.
  struct Suspect {
    /// Of fingerprints.
    let partition: Int
    /// Among the shared ones of the partition.
    let index: Int
    let stream: StreamKind
    let id: UnsafeRawBufferPointer
  }

  private let key: FingerprintKey
  private let filter: HashFilter
  private let shared: SharedIDs
  /// The partitions of fingerprints that it looks at.
  private let range: Range<Int>
  /// Of each shared fingerprint the ids, nearly always one.
  private let found: Mutex<[[[Found]]]>

  /// - Parameters:
  ///   - shared: to be checked.
  ///   - filter: has all of them.
  ///   - key: of the run.
  ///   - range: the partitions of fingerprints to look at.
  init(_ shared: SharedIDs, _ filter: HashFilter, _ key: FingerprintKey, in range: Range<Int>) {
    self.shared = shared
    self.filter = filter
    self.key = key
    self.range = range
    found = Mutex(range.map { Array(repeating: [], count: shared.lists[$0].count) })
  }

  /// Looks at the records of a partition of users.
  func search(_ contents: PartitionContents, _ userPartition: Int) {
    var suspects: [Suspect] = []
    contents.forEach { record, stream in
      let id = PackedHeader(of: record).eventID(record)
      let hash = key.hash(record + PackedHeader.byteCount, id.count, of: stream)
      guard filter.mayContain(hash), let (partition, index) = shared.place(of: hash),
        range.contains(partition)
      else { return }
      suspects.append(Suspect(partition: partition, index: index, stream: stream, id: id))
    }
    note(suspects, userPartition)
  }

  /// Takes the suspects of a partition of users.
  func note(_ suspects: [Suspect], _ userPartition: Int) {
    guard !suspects.isEmpty else { return }
    found.withLock { found in
      for suspect in suspects {
        let partition = suspect.partition - range.lowerBound
        Self.note(suspect, userPartition, in: &found[partition][suspect.index])
      }
    }
  }

  private static func note(
    _ suspect: Suspect,
    _ userPartition: Int,
    in found: inout [Found]
  ) {
    let same = found.firstIndex {
      $0.stream == suspect.stream && $0.id.elementsEqual(suspect.id)
    }
    if let same {
      if found[same].userPartition != userPartition { found[same].isShared = true }
    } else {
      found.append(
        Found(stream: suspect.stream, id: Array(suspect.id), userPartition: userPartition)
      )
    }
  }

  /// The fingerprints of ids that are shared, of each partition that was looked at.
  ///
  /// - Throws: when a shared id has met another one, by a chance of less than 2^-51 a pair: then what
  ///   came first is not known. Another try has another key.
  func confirmed() throws(ConnectorError) -> [[Fingerprint]] {
    let found = found.withLock { $0 }
    var confirmed: [[Fingerprint]] = []
    for (partition, found) in zip(range, found) {
      confirmed.append([])
      for (fingerprint, ids) in zip(shared.lists[partition], found)
      where ids.contains(where: \.isShared) {
        guard ids.count == 1 else {
          throw ConnectorError(
            .transient,
            "the event_id \"\(String(decoding: ids[0].id, as: UTF8.self))\" of several users has "
              + "the hash of another one",
            hint: "run it again: hashes are others then"
          )
        }
        confirmed[confirmed.count - 1].append(fingerprint)
      }
    }
    return confirmed
  }
}
