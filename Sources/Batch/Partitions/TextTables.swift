import Events

/// How one thread packs records, and the texts that they share.
struct TextTables {
  /// Number of the thread, below `PackedHeader.maximumWriterCount`: the job has no more threads.
  let writer: Int
  /// Whether records are packed whole.
  let isWhole: Bool
  let products = TextTable()
  let origins = TextTable()

  /// What reading the records needs of them; valid as long as they are.
  var groups: TextGroups { TextGroups(products: products.groups, origins: origins.groups) }
}

/// The texts that a thread has kept apart from its records.
struct TextGroups: BitwiseCopyable {
  fileprivate let products: UnsafePointer<TextTable.Group>
  fileprivate let origins: UnsafePointer<TextTable.Group>

  /// The texts of a reference, which is not 0.
  @inline(__always)
  func product(_ reference: UInt32) -> UnsafeRawBufferPointer {
    products[Int(reference) &- 1].bytes
  }

  @inline(__always)
  func origin(_ reference: UInt32) -> UnsafeRawBufferPointer {
    origins[Int(reference) &- 1].bytes
  }
}

/// Of the product and the origin of a record.
struct TextHashes: BitwiseCopyable {
  var product: UInt64
  var origin: UInt64
}
