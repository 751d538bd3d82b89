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
final class ItemPart: Sendable {
  let place: InputPlace
  let ids: Partitioned<ItemID>
  let items: Partitioned<ItemEntry>
  /// The rests of the amounts, in the order of the items; empty if all are 0.
  let rests: [Int64]
  private let copies = Mutex<[UInt64]>([])

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
  }

  /// Remembers items as copies; any thread may call it.
  func mark(copiesAt places: [Int]) {
    copies.withLock { bits in
      if bits.isEmpty { bits = [UInt64](repeating: 0, count: ids.count / 64 + 1) }
      for place in places { bits[place / 64] |= 1 << UInt64(place % 64) }
    }
  }

  /// The copies by id place, a bit each; empty if there are none.
  var copyBits: [UInt64] { copies.withLock { $0 } }
}

/// Collects the clean items of one part after another.
struct ItemCollector {
  private let keys: KeyMaker
  private let partitioning: Partitioning
  private var ids: [ItemID] = []
  private var idPartitions: [UInt16] = []
  private var entries: [ItemEntry] = []
  private var partitions: [UInt16] = []
  private var rests: [Int64] = []
  private var hasRests = false
  private var places: [UInt32] = []

  init(_ keys: KeyMaker, _ partitioning: Partitioning) {
    self.keys = keys
    self.partitioning = partitioning
  }

  mutating func append(
    _ batch: CleanBatch<OrderItemRow>,
    of place: InputPlace,
    _ catalog: Catalog
  ) {
    for (row, offset) in zip(batch.rows, batch.offsets) {
      let order = keys.key(row.orderID)
      let product = keys.key(row.productID)
      let id = row.id.isEmpty ? keys.key(order, product) : keys.key(row.id)
      ids.append(ItemID(id: id, offset: UInt32(truncatingIfNeeded: offset - place.offset)))
      idPartitions.append(partitioning.partition(ofSpread: keys.spread(id)))
      entries.append(
        ItemEntry(
          order: order,
          category: catalog.category(of: product),
          hundredths: row.revenue.hundredths,
          quantity: row.quantity,
          return: row.return
        )
      )
      partitions.append(partitioning.partition(ofSpread: keys.spread(order)))
      rests.append(row.revenue.rest)
      hasRests = hasRests || row.revenue.rest != 0
    }
  }

  /// The part that begins at `place`; starts over.
  mutating func finish(_ place: InputPlace) -> ItemPart {
    let ids = Partitioned(ids, by: idPartitions, partitioning, places: &places)
    for (index, place) in places.enumerated() { entries[index].idPlace = place }
    let items = Partitioned(entries, by: partitions, partitioning, places: &places)
    var sortedRests: [Int64] = []
    if hasRests {
      sortedRests = [Int64](repeating: 0, count: rests.count)
      for (rest, place) in zip(rests, places) { sortedRests[Int(place)] = rest }
    }
    removeAll()
    return ItemPart(place: place, ids: ids, items: items, rests: sortedRests)
  }

  private mutating func removeAll() {
    ids.removeAll(keepingCapacity: true)
    idPartitions.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    partitions.removeAll(keepingCapacity: true)
    rests.removeAll(keepingCapacity: true)
    hasRests = false
  }
}

extension OrderItemRow {
  fileprivate var `return`: ItemEntry.Return {
    if id.isEmpty { return .ofOrder }
    return isReturned ? .yes : .no
  }
}
