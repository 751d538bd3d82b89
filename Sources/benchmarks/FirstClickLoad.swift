import Attribution
import Dataflow
import Events

/// Decoded records in memory, in rounds of about 2,500, as a driver hands them on.
///
/// 116 clicks a second of event time, 5 of them per user and hour, and a fifth as many checkouts;
/// up to 4 minutes out of order, 1 in 1000 late, 1 in 100 read twice. 20-byte ids, 5000 products,
/// 12 referrers, 3 devices.
final class FirstClickLoad {
  struct Round {
    var clicks = ClickBatch()
    var clickVerdicts: [Verdict] = []
    var checkouts = CheckoutBatch()
    var checkoutVerdicts: [Verdict] = []
    var watermark = Watermark.beginning
  }

  private(set) var rounds: [Round] = []
  private(set) var eventCount = 0
  private let memory = MessageMemory()
  private var random = SplitMix64(seed: 1)
  private let botShare: UInt64
  private var greatest: [EventTime] = [.beginning, .beginning]
  private var watermark = Watermark.beginning

  private static let clicksPerRound = 2048
  private static let referrers = (0..<12).map { "https://referrer-\($0).example.com/path" }
  private static let devices = ["mobile", "desktop", "tablet"]

  init(clicks: Int, botShare: UInt64 = 0) {
    self.botShare = botShare
    var click = 0
    while click < clicks {
      let last = min(click + Self.clicksPerRound, clicks)
      var round = Round()
      while click < last {
        add(click: click, to: &round)
        if click % 5 == 0 { add(checkout: click, to: &round) }
        click += 1
      }
      round.watermark = watermark
      eventCount += round.clicks.records.count + round.checkouts.records.count
      rounds.append(round)
    }
  }

  private func add(click index: Int, to round: inout Round) {
    let time = time(of: index)
    let user = user()
    let product = random.next() % 5000
    let isResent = random.next() % 100 == 0
    var record = ClickRecord(message: memory.startMessage(), byteCount: 0, offset: Int64(index))
    record.time = time
    record.eventID = memory.append("click-\(String(10_000_000_000_000 + index))")
    record.userID = memory.append(user)
    record.productID = memory.append("prod-\(product)")
    record.productName = memory.append("Trail running shoe \(product)")
    record.productCategory = memory.append("Shoes & Bags")
    record.deviceType = memory.append(Self.devices[Int(random.next() % 3)])
    record.referrer = memory.append(Self.referrers[Int(random.next() % 12)])
    for _ in 0..<(isResent ? 2 : 1) {
      round.clicks.records.append(record)
      round.clickVerdicts.append(time < watermark ? .late : .onTime)
    }
    observe(time, 0)
  }

  private func add(checkout index: Int, to round: inout Round) {
    let time = time(of: index)
    let user = user()
    var record = CheckoutRecord(message: memory.startMessage(), byteCount: 0, offset: Int64(index))
    record.time = time
    record.totalAmount = Money(hundredths: Int64(random.next() % 100_000))
    record.eventID = memory.append("order-\(String(10_000_000_000_000 + index))")
    record.userID = memory.append(user)
    round.checkouts.records.append(record)
    round.checkoutVerdicts.append(time < watermark ? .late : .onTime)
    observe(time, 1)
  }

  private func time(of index: Int) -> EventTime {
    let disorder = random.next() % (index % 1000 == 0 ? 1_800_000_000 : 240_000_000)
    return EventTime(
      microseconds: 1_800_000_000_000_000 + Int64(index) * 8_640 - Int64(disorder)
    )
  }

  private func user() -> String {
    random.next() % 100 < botShare ? "user-bot" : "user-\(random.next() % 83_000)"
  }

  private func observe(_ time: EventTime, _ input: Int) {
    greatest[input] = max(greatest[input], time)
    watermark = max(watermark, min(greatest[0], greatest[1]) - .minutes(5))
  }
}

/// Messages one after another, in memory that stays where it is.
private final class MessageMemory {
  private var blocks: [UnsafeMutableRawBufferPointer] = []
  private var used = 0
  private var messageStart = 0

  private static let blockBytes = 1 << 20
  private static let longestMessage = 1024

  deinit { for block in blocks { block.deallocate() } }

  func startMessage() -> UnsafeMutableRawPointer {
    if blocks.isEmpty || used > Self.blockBytes - Self.longestMessage {
      blocks.append(.allocate(byteCount: Self.blockBytes, alignment: 64))
      used = 0
    }
    messageStart = used
    guard let base = blocks[blocks.count - 1].baseAddress else {
      preconditionFailure("a block of \(Self.blockBytes) bytes has no memory")
    }
    return base + used
  }

  /// Appends a text to the message.
  func append(_ text: String) -> ByteSlice {
    let bytes = Array(text.utf8)
    UnsafeMutableRawBufferPointer(rebasing: blocks[blocks.count - 1][used...]).copyBytes(
      from: bytes
    )
    defer { used += bytes.count }
    return ByteSlice(offset: UInt32(used - messageStart), length: Int32(bytes.count))
  }
}
