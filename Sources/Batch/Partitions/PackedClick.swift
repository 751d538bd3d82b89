import Events

/// What an answer needs of a packed click.
struct PackedClick {
  let header: PackedHeader
  private let packed: UnsafeRawPointer
  private let groups: TextGroups

  /// - Parameters:
  ///   - packed: the record.
  ///   - groups: the texts that it shares with others, by writer.
  @inline(__always)
  init(_ packed: UnsafeRawPointer, _ groups: UnsafeBufferPointer<TextGroups>) {
    self.packed = packed
    header = PackedHeader(of: packed)
    self.groups = groups[header.writer]
  }

  @inline(__always) var eventID: UnsafeRawBufferPointer { header.eventID(packed) }

  /// product_id, product_name, product_category.
  @inline(__always) var productFields: UnsafeRawBufferPointer {
    header.product == 0 ? ownProduct : groups.product(header.product)
  }

  /// referrer, device_type.
  @inline(__always) var originFields: UnsafeRawBufferPointer {
    header.origin == 0 ? ownOrigin : groups.origin(header.origin)
  }

  private var ownProduct: UnsafeRawBufferPointer {
    Self.fields(3, at: packed + header.identityEnd + 4)
  }

  private var ownOrigin: UnsafeRawBufferPointer {
    let rest = packed + header.identityEnd + 4
    return Self.fields(2, at: header.product == 0 ? rest + ownProduct.count : rest)
  }

  /// What a whole record has behind the fields above.
  var rest: UnsafeRawPointer {
    packed + header.identityEnd + 4 + (header.product == 0 ? ownProduct.count : 0)
      + (header.origin == 0 ? ownOrigin.count : 0)
  }

  private static func fields(
    _ count: Int,
    at start: UnsafeRawPointer
  ) -> UnsafeRawBufferPointer {
    var cursor = start
    for _ in 0..<count { _ = CopyTexts.next(&cursor) }
    return UnsafeRawBufferPointer(start: start, count: cursor - start)
  }
}
