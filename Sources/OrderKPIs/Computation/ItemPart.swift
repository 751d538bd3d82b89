import Synchronization

/// What tells an item from its copies.
struct ItemID: BitwiseCopyable, Sendable {
  var id: RowKey
  /// From the start of its part, in bytes.
  var offset: UInt32
}

/// What the figures need of an order item.
struct ItemEntry: BitwiseCopyable, Sendable {
  var order: RowKey
  /// Number of the product's category.
  var category: UInt32
  var hundredths: Int64
  /// Among the ids of its part.
  var idPlace: UInt32
  private var quantityAndReturn: UInt32

  enum Return: UInt32 {
    case no, yes
    /// As its order.
    case ofOrder
  }

  init(order: RowKey, category: UInt32, hundredths: Int64, quantity: Int32, return: Return) {
    self.order = order
    self.category = category
    self.hundredths = hundredths
    idPlace = 0
    // A quantity is below 10^9.
    quantityAndReturn = UInt32(quantity) &<< 2 | `return`.rawValue
  }

  var quantity: Int { Int(quantityAndReturn &>> 2) }

  @inline(__always)
  func isReturned(orderIsReturned: Bool) -> Bool {
    switch quantityAndReturn & 3 {
    case Return.no.rawValue: false
    case Return.yes.rawValue: true
    default: orderIsReturned
    }
  }
}

/// The clean items of one part of a file, by their ids and, separately, by their orders.
///
/// Copies of an item may name different orders, so both have to be looked at: the ids tell which
/// items are copies, and those are left out when items are joined with their orders.
///
/// Unchecked: the marks are atomic.
final class ItemPart: @unchecked Sendable {
  let place: InputPlace
  let ids: Partitioned<ItemID>
  let items: Partitioned<ItemEntry>
  /// The rests of the amounts, in the order of the items; empty if all are 0.
  let rests: [Int64]
  /// One bit for each id place, set for a copy.
  private let copyMarks: UnsafeMutablePointer<Atomic<UInt64>>
  private let hasCopies = Atomic(false)

  init(
    place: InputPlace,
    ids: Partitioned<ItemID>,
    items: Partitioned<ItemEntry>,
    rests: [Int64]
  ) {
    self.place = place
    self.ids = ids
    self.items = items
    self.rests = rests
    copyMarks = .allocate(capacity: ids.count / 64 + 1)
    for word in 0...ids.count / 64 { (copyMarks + word).initialize(to: Atomic(0)) }
  }

  deinit { copyMarks.deallocate() }

  func markCopy(at idPlace: Int) {
    copyMarks[idPlace / 64].bitwiseOr(1 << UInt64(idPlace % 64), ordering: .relaxed)
    hasCopies.store(true, ordering: .relaxed)
  }

  /// Whether an item is a copy; asked when all copies are marked.
  @inline(__always)
  func isCopy(at idPlace: UInt32) -> Bool {
    let word = copyMarks[Int(idPlace / 64)].load(ordering: .relaxed)
    return word & 1 &<< UInt64(idPlace % 64) != 0
  }

  /// Whether any item is a copy.
  var mayHaveCopies: Bool { hasCopies.load(ordering: .relaxed) }
}

/// Collects the clean items of one part after another.
struct ItemCollector {
  private struct Collected: BitwiseCopyable {
    var id: ItemID
    var entry: ItemEntry
    var rest: Int64
    var idPartition: UInt16
    var partition: UInt16
  }

  private let keys: KeyMaker
  private let partitioning: Partitioning
  private var collected: [Collected] = []
  private var hasRests = false

  init(_ keys: KeyMaker, _ partitioning: Partitioning) {
    self.keys = keys
    self.partitioning = partitioning
  }

  mutating func append(
    _ batch: CleanBatch<OrderItemRow>,
    of place: InputPlace,
    _ catalog: ProductCategories
  ) {
    for (row, offset) in zip(batch.rows, batch.offsets) {
      let order = keys.key(row.orderID)
      let product = keys.key(row.productID)
      let id = row.id.isEmpty ? keys.key(order, product) : keys.key(row.id)
      let entry = ItemEntry(
        order: order,
        category: catalog.category(of: product),
        hundredths: row.revenue.hundredths,
        quantity: row.quantity,
        return: row.return
      )
      collected.append(
        Collected(
          id: ItemID(id: id, offset: UInt32(truncatingIfNeeded: offset - place.offset)),
          entry: entry,
          rest: row.revenue.rest,
          idPartition: partitioning.partition(ofSpread: keys.spread(id)),
          partition: partitioning.partition(ofSpread: keys.spread(order))
        )
      )
      hasRests = hasRests || row.revenue.rest != 0
    }
  }

  /// The part that begins at `place`; starts over.
  mutating func finish(_ place: InputPlace) -> ItemPart {
    var rests = [Int64](repeating: 0, count: hasRests ? collected.count : 0)
    defer {
      collected.removeAll(keepingCapacity: true)
      hasRests = false
    }
    return collected.withUnsafeMutableBufferPointer { collected in
      let ids = Partitioned(count: collected.count, partitioning) {
        collected[$0].idPartition
      } move: { number, idPlace in
        collected[number].entry.idPlace = UInt32(truncatingIfNeeded: idPlace)
        return collected[number].id
      }
      let items = Partitioned(count: collected.count, partitioning) {
        collected[$0].partition
      } move: { number, itemPlace in
        if !rests.isEmpty { rests[itemPlace] = collected[number].rest }
        return collected[number].entry
      }
      return ItemPart(place: place, ids: ids, items: items, rests: rests)
    }
  }
}

extension OrderItemRow {
  fileprivate var `return`: ItemEntry.Return {
    if id.isEmpty { return .ofOrder }
    return isReturned ? .yes : .no
  }
}
