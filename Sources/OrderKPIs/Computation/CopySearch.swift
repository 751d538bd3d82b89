/// Finds the items whose id came before, a partition after the other.
struct CopySearch: ~Copyable {
  private var ids: RowKeyTable
  /// By file.
  private(set) var rejects: [RejectLog]

  init(_ keys: KeyMaker, fileCount: Int) {
    ids = RowKeyTable(keys)
    rejects = Array(repeating: RejectLog(), count: fileCount)
  }

  /// Marks the copies of a partition in the parts, which are in order.
  mutating func search(_ partition: Int, _ parts: [ItemPart]) {
    ids.reset(expecting: parts.reduce(0) { $0 + $1.ids.partition(partition).rows.count })
    for part in parts {
      let (rows, firstPlace) = part.ids.partition(partition)
      for (index, row) in rows.enumerated() where !ids.insert(row.id).isNew {
        part.markCopy(at: firstPlace + index)
        rejects[part.place.file].note(.duplicateID, at: part.place.offset + Int64(row.offset))
      }
    }
  }
}
