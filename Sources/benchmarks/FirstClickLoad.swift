import Attribution
import Dataflow
import Events

/// Decoded records in rounds of about 2,500, as a driver hands them on: made just before they are
/// taken, in memory that the next round reuses.
///
/// 116 clicks a second of event time, 5 of them per user and hour, and a fifth as many checkouts;
/// up to 4 minutes out of order, 1 in 1000 late, 1 in 100 read twice. 20-byte ids, 5000 products,
/// 12 referrers, 3 devices.
struct FirstClickLoad: ~Copyable {
  private(set) var clicks = ClickBatch()
  private(set) var clickVerdicts: [Verdict] = []
  private(set) var checkouts = CheckoutBatch()
  private(set) var checkoutVerdicts: [Verdict] = []
  private(set) var watermark = Watermark.beginning

  private let clickCount: Int
  private var nextClick = 0
  private var memory = MessageMemory(messages: 2 * clicksPerRound)
  private var random = SplitMix64(seed: 1)
  private let botShare: UInt64
  private var greatest: [EventTime] = [.beginning, .beginning]

  private static let clicksPerRound = 2048
  private static let referrers: [StaticString] = [
    "https://www.google.com/search", "https://www.facebook.com/", "https://www.instagram.com/",
    "https://www.youtube.com/watch", "https://www.bing.com/search", "https://t.co/a1b2c3",
    "https://www.reddit.com/r/running", "https://news.example.com/spring", "newsletter", "direct",
    "https://partner.example.com/shoes", "https://www.pinterest.com/",
  ]
  private static let devices: [StaticString] = ["mobile", "desktop", "tablet"]

  /// A load in which one user makes `botShare` percent of the events.
  init(clicks: Int, botShare: UInt64 = 0) {
    clickCount = clicks
    self.botShare = botShare
  }

  /// Makes the next round; false when there is none.
  mutating func makeRound() -> Bool {
    clicks.removeAll()
    clickVerdicts.removeAll(keepingCapacity: true)
    checkouts.removeAll()
    checkoutVerdicts.removeAll(keepingCapacity: true)
    memory.removeAll()
    let last = min(nextClick + Self.clicksPerRound, clickCount)
    while nextClick < last {
      addClick(nextClick)
      if nextClick.isMultiple(of: 5) { addCheckout(nextClick) }
      nextClick += 1
    }
    return !clicks.records.isEmpty
  }

  /// Makes the whole load, to count its events.
  consuming func eventCount() -> Int {
    var count = 0
    while makeRound() { count += clicks.records.count + checkouts.records.count }
    return count
  }

  private mutating func addClick(_ index: Int) {
    let time = time(of: index)
    let product = random.next() % 5000
    let isResent = random.next() % 100 == 0
    var record = ClickRecord(message: memory.startMessage(), byteCount: 0, offset: Int64(index))
    record.time = time
    record.eventID = memory.append("click-", number: 10_000_000_000_000 + UInt64(index))
    record.userID = appendUser()
    record.productID = memory.append("prod-", number: product)
    record.productName = memory.append("Trail running shoe ", number: product)
    record.productCategory = memory.append("Shoes & Bags")
    record.deviceType = memory.append(Self.devices[Int(random.next() % 3)])
    record.referrer = memory.append(Self.referrers[Int(random.next() % 12)])
    for _ in 0..<(isResent ? 2 : 1) {
      clicks.records.append(record)
      clickVerdicts.append(time < watermark ? .late : .onTime)
    }
    observe(time, 0)
  }

  private mutating func addCheckout(_ index: Int) {
    let time = time(of: index)
    var record = CheckoutRecord(message: memory.startMessage(), byteCount: 0, offset: Int64(index))
    record.time = time
    record.totalAmount = Money(hundredths: Int64(random.next() % 100_000))
    record.eventID = memory.append("order-", number: 10_000_000_000_000 + UInt64(index))
    record.userID = appendUser()
    checkouts.records.append(record)
    checkoutVerdicts.append(time < watermark ? .late : .onTime)
    observe(time, 1)
  }

  private mutating func time(of index: Int) -> EventTime {
    let disorder = random.next() % (index.isMultiple(of: 1000) ? 1_800_000_000 : 240_000_000)
    return EventTime(
      microseconds: 1_800_000_000_000_000 + Int64(index) * 8_640 - Int64(disorder)
    )
  }

  private mutating func appendUser() -> ByteSlice {
    random.next() % 100 < botShare
      ? memory.append("user-bot") : memory.append("user-", number: random.next() % 83_000)
  }

  private mutating func observe(_ time: EventTime, _ input: Int) {
    greatest[input] = max(greatest[input], time)
    watermark = max(watermark, min(greatest[0], greatest[1]) - .minutes(5))
  }
}

/// Messages of one length, one after another, as long as the lines of a log are.
private struct MessageMemory: ~Copyable {
  private let messages: UnsafeMutableRawBufferPointer
  private var start = -MessageMemory.messageBytes
  private var end = 0

  private static let messageBytes = 384

  init(messages count: Int) {
    messages = .allocate(byteCount: count * MessageMemory.messageBytes, alignment: 64)
    messages.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { messages.deallocate() }

  mutating func removeAll() { start = -MessageMemory.messageBytes }

  mutating func startMessage() -> UnsafeMutableRawPointer {
    start += MessageMemory.messageBytes
    end = start
    guard let base = messages.baseAddress else {
      preconditionFailure("\(messages.count) bytes of messages have no memory")
    }
    return base + start
  }

  /// Appends a text to the message.
  mutating func append(_ text: StaticString) -> ByteSlice {
    let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    UnsafeMutableRawBufferPointer(rebasing: messages[end...]).copyMemory(from: bytes)
    defer { end += bytes.count }
    return ByteSlice(offset: UInt32(end - start), length: Int32(bytes.count))
  }

  /// Appends a text and a number in decimal digits.
  mutating func append(_ text: StaticString, number: UInt64) -> ByteSlice {
    var slice = append(text)
    var digitCount = 1
    var rest = number / 10
    while rest > 0 {
      digitCount += 1
      rest /= 10
    }
    rest = number
    for place in (end..<end + digitCount).reversed() {
      messages[place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    end += digitCount
    slice.length += Int32(digitCount)
    return slice
  }
}
