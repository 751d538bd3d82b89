/// The tumbling windows of a day over a part of the input, all open at once: sums by day, and by
/// category and day.
///
/// ```
/// day number        0 1 2 ...              in the order in which days are first seen
/// cells             | 0 1 ... 255 | ...    a row of the first 256 categories for each day
/// otherCells        by day number and category, for those beyond
/// ```
struct DayWindows: ~Copyable {
  /// The sums of a category and day, as small as can be: all of them are to stay in the cache.
  private struct Cell: BitwiseCopyable {
    /// Hundredths of the revenue, 96 bits.
    var low: UInt64 = 0
    var high: UInt32 = 0
    var orders: UInt32 = 0
    var items: UInt64 = 0
    var returnedItems: UInt64 = 0
  }

  private static let widestRow = 256

  private(set) var days: [(day: Int32, sums: DaySums)] = []
  private var dayNumbers: RowKeyTable
  /// Categories in a row.
  private let width: Int
  private var cells: UnsafeMutableBufferPointer<Cell>
  private var otherNumbers: RowKeyTable
  private var otherPlaces: [(dayNumber: Int, category: UInt32)] = []
  private var otherCells: [Cell] = []
  /// The rests of the amounts, by day number and category; few files have any.
  private var rests: [UInt64: Int128] = [:]

  init(_ keys: KeyMaker, categoryCount: Int) {
    dayNumbers = RowKeyTable(keys)
    otherNumbers = RowKeyTable(keys)
    width = min(categoryCount, Self.widestRow)
    cells = .allocate(capacity: 16 * width)
    cells.initialize(repeating: Cell())
  }

  deinit { cells.deallocate() }

  /// The number of a day, whose sums are changed.
  @inline(__always)
  mutating func update(_ day: Int32, _ change: (inout DaySums) -> Void) -> Int {
    let key = RowKey(low: UInt64(UInt32(bitPattern: day)), high: 0)
    let (number, isNew) = dayNumbers.insert(key)
    if isNew { open(day) }
    change(&days[number].sums)
    return number
  }

  /// Adds an item to a category of a day.
  @inline(__always)
  mutating func add(
    _ item: ItemEntry,
    rest: Int64,
    to dayNumber: Int,
    isReturned: Bool,
    isFirstOfOrder: Bool
  ) {
    let category = Int(item.category)
    if rest != 0 { add(rest: rest, to: dayNumber, item.category) }
    guard category < width else {
      let number = otherNumber(dayNumber, item.category)
      Self.add(item, to: &otherCells[number], isReturned, isFirstOfOrder)
      return
    }
    Self.add(item, to: &cells[dayNumber &* width &+ category], isReturned, isFirstOfOrder)
  }

  @inline(__always)
  private static func add(
    _ item: ItemEntry,
    to cell: inout Cell,
    _ isReturned: Bool,
    _ isFirstOfOrder: Bool
  ) {
    let (low, isCarried) = cell.low.addingReportingOverflow(UInt64(bitPattern: item.hundredths))
    cell.low = low
    cell.high &+= isCarried ? 1 : 0
    let quantity = UInt64(truncatingIfNeeded: item.quantity)
    cell.items &+= quantity
    cell.returnedItems &+= isReturned ? quantity : 0
    cell.orders &+= isFirstOfOrder ? 1 : 0
  }

  /// Calls `body` with the sums of each category and day that has items.
  func forEachCategory(_ body: (_ day: Int32, _ category: UInt32, CategorySums) -> Void) {
    for dayNumber in days.indices {
      for category in 0..<width where cells[dayNumber * width + category].items > 0 {
        let cell = cells[dayNumber * width + category]
        body(days[dayNumber].day, UInt32(category), sums(cell, dayNumber, UInt32(category)))
      }
    }
    for (place, cell) in zip(otherPlaces, otherCells) {
      body(days[place.dayNumber].day, place.category, sums(cell, place.dayNumber, place.category))
    }
  }

  private func sums(_ cell: Cell, _ dayNumber: Int, _ category: UInt32) -> CategorySums {
    CategorySums(
      revenue: ExactSum(
        hundredths: Int128(cell.high) << 64 | Int128(cell.low),
        rest: rests[Self.place(dayNumber, category)] ?? 0
      ),
      items: Int(cell.items),
      returnedItems: Int(cell.returnedItems),
      orders: Int(cell.orders)
    )
  }

  private static func place(_ dayNumber: Int, _ category: UInt32) -> UInt64 {
    UInt64(truncatingIfNeeded: dayNumber) << 32 | UInt64(category)
  }

  @inline(never)
  private mutating func open(_ day: Int32) {
    days.append((day, DaySums()))
    guard days.count * width > cells.count else { return }
    let larger = UnsafeMutableBufferPointer<Cell>.allocate(capacity: cells.count * 2)
    larger.initialize(repeating: Cell())
    _ = larger.update(fromContentsOf: cells)
    cells.deallocate()
    cells = larger
  }

  @inline(never)
  private mutating func otherNumber(_ dayNumber: Int, _ category: UInt32) -> Int {
    let key = RowKey(low: Self.place(dayNumber, category), high: 0)
    let (number, isNew) = otherNumbers.insert(key)
    if isNew {
      otherPlaces.append((dayNumber, category))
      otherCells.append(Cell())
    }
    return number
  }

  @inline(never)
  private mutating func add(rest: Int64, to dayNumber: Int, _ category: UInt32) {
    rests[Self.place(dayNumber, category), default: 0] += Int128(rest)
  }
}
