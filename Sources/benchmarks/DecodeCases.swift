import Dataflow
import Events
import Foundation

/// Decoding clicks and checkouts, beside only looking for the line ends of the same bytes.
let decodeBenchmarks = [
  Benchmark(name: "lines.find/clicks", unit: .events) { context in
    let input = DecodeInput(lines: context.scaled(1_000_000), .click)
    return Workload(count: input.lineCount, byteCount: input.bytes.count) {
      var checksum = Checksum()
      var rest = UnsafeRawBufferPointer(input.bytes)
      while let start = rest.baseAddress, let end = memchr(start, 10, rest.count) {
        let byteCount = UnsafeRawPointer(end) - start + 1
        checksum.combine(byteCount)
        rest = UnsafeRawBufferPointer(rebasing: rest[byteCount...])
      }
      return Outcome(checksum: checksum.value)
    }
  },
  decodeBenchmark("json.decode/clicks", .click),
  decodeBenchmark("json.decode/clicks-spaced", .spacedClick),
  decodeBenchmark("json.decode/clicks-escaped", .escapedClick),
  decodeBenchmark("json.decode/clicks-shuffled", .shuffledClick),
  Benchmark(name: "json.decode/checkouts", unit: .events, limit: "lines.find/clicks") { context in
    let input = DecodeInput(lines: context.scaled(500_000), .checkout)
    var decoder = CheckoutDecoder()
    var batch = CheckoutBatch()
    return Workload(
      count: input.lineCount,
      byteCount: input.bytes.count,
      beforeRun: input.restore
    ) {
      var checksum = Checksum()
      var offset = 0
      while offset < input.bytes.count {
        batch.removeAll()
        offset += decoder.decode(
          lines: .init(rebasing: input.bytes[offset...]),
          startOffset: Int64(offset),
          limit: 2048,
          into: &batch
        )
        for record in batch.records {
          checksum.combine(record.time.microseconds &+ record.totalAmount.hundredths)
        }
        checksum.combine(batch.rejects.count)
      }
      return Outcome(checksum: checksum.value)
    }
  },
  csvBenchmark,
]

private let csvBenchmark = Benchmark(
  name: "csv.decode/clicks",
  unit: .events,
  limit: "lines.find/clicks"
) { context in
  let input = DecodeInput(lines: context.scaled(1_000_000), .csvClick)
  let header = try CSVHeader(UnsafeRawBufferPointer(input.bytes), isWhole: true)
  var decoder = try ClickCSVDecoder(header: header)
  var batch = ClickBatch()
  return Workload(
    count: input.lineCount - 1,
    byteCount: input.bytes.count,
    beforeRun: input.restore
  ) {
    var checksum = Checksum()
    var offset = header.byteCount
    while offset < input.bytes.count {
      batch.removeAll()
      offset += decoder.decode(
        rows: .init(rebasing: input.bytes[offset...]),
        startOffset: Int64(offset),
        limit: 2048,
        into: &batch
      )
      for record in batch.records {
        checksum.combine(record.time.microseconds &+ record.price.hundredths)
      }
      checksum.combine(batch.rejects.count)
    }
    return Outcome(checksum: checksum.value)
  }
}

private func decodeBenchmark(_ name: String, _ shape: DecodeInput.Shape) -> Benchmark {
  Benchmark(name: name, unit: .events, limit: "lines.find/clicks") { context in
    let input = DecodeInput(lines: context.scaled(1_000_000), shape)
    var decoder = ClickDecoder()
    var batch = ClickBatch()
    return Workload(
      count: input.lineCount,
      byteCount: input.bytes.count,
      beforeRun: input.restore
    ) {
      var checksum = Checksum()
      var offset = 0
      while offset < input.bytes.count {
        batch.removeAll()
        offset += decoder.decode(
          lines: .init(rebasing: input.bytes[offset...]),
          startOffset: Int64(offset),
          limit: 2048,
          into: &batch
        )
        for record in batch.records {
          checksum.combine(record.time.microseconds &+ record.price.hundredths)
        }
        checksum.combine(batch.rejects.count)
      }
      return Outcome(checksum: checksum.value)
    }
  }
}

/// Lines of JSON made from a fixed seed, in memory that decoding may rewrite.
final class DecodeInput {
  enum Shape { case click, spacedClick, escapedClick, shuffledClick, csvClick, checkout }

  let lineCount: Int
  let bytes: UnsafeMutableRawBufferPointer
  private let original: [UInt8]
  private let storage: UnsafeMutableRawBufferPointer

  init(lines: Int, _ shape: Shape) {
    var generator = SplitMix64(seed: 1)
    var text: [UInt8] = []
    text.reserveCapacity(lines * 360)
    for index in 0..<lines {
      text += Self.line(index, shape, &generator).utf8
      text.append(UInt8(ascii: "\n"))
    }
    lineCount = lines
    original = text
    storage = .allocate(byteCount: text.count + 64, alignment: 64)
    storage.initializeMemory(as: UInt8.self, repeating: 0)
    bytes = UnsafeMutableRawBufferPointer(rebasing: storage[..<text.count])
    restore()
  }

  deinit { storage.deallocate() }

  /// Undoes what decoding has rewritten.
  func restore() { bytes.copyBytes(from: original) }

  private static func line(
    _ index: Int,
    _ shape: Shape,
    _ generator: inout SplitMix64
  ) -> String {
    let user = generator.next() % 100_000
    let product = generator.next() % 20_000
    let time = EventTime(
      microseconds: 1_795_248_930_000_000 + Int64(index) * 1_234 - Int64(generator.next() % 1000)
    )
    let price = Money(hundredths: Int64(generator.next() % 50_000 + 100)).text
    if shape == .checkout {
      let items = (0..<(generator.next() % 3 + 1)).map {
        "{\"product_id\":\"prod-\($0)\(product)\",\"product_name\":\"Trail shoe \($0)\","
          + "\"price\":\(price),\"quantity\":1}"
      }
      return "{\"event_id\":\"checkout-\(index)\",\"user_id\":\"user-\(user)\","
        + "\"timestamp\":\"\(time.iso8601)\",\"total_amount\":\(price),"
        + "\"session_id\":\"sess-\(user)-\(index % 77)\",\"payment_method\":\"credit_card\","
        + "\"items\":[\(items.joined(separator: ","))],\"shipping_address\":{\"city\":\"Berlin\","
        + "\"state\":\"BE\",\"country\":\"DE\",\"zip_code\":\"10115\"}}"
    }
    let name = shape == .escapedClick ? "Caf\\u00e9 \\\"Gr\u{fc}n\\\"" : "Trail running shoe"
    let referrers = ["https://www.google.com/search", "direct", "newsletter", "facebook.com"]
    var members = [
      "\"event_id\":\"click-\(index)\"", "\"user_id\":\"user-\(user)\"",
      "\"timestamp\":\"\(time.iso8601)\"", "\"product_id\":\"prod-\(product)\"",
      "\"product_name\":\"\(name) \(product % 500)\"", "\"product_category\":\"Shoes & Bags\"",
      "\"product_price\":\(price)", "\"session_id\":\"sess-\(user)-\(index % 77)\"",
      "\"device_type\":\"\(["mobile", "desktop", "tablet"][Int(user % 3)])\"",
      "\"page_url\":\"https://shop.example.com/products/prod-\(product)\"",
      "\"referrer\":\"\(referrers[Int(product % 4)])\"",
    ]
    if shape == .csvClick {
      let cells = members.map { $0.drop { $0 != ":" }.dropFirst() }
      return index == 0
        ? members.map { $0.prefix { $0 != ":" } }.joined(separator: ",")
        : cells.map { $0.replacing("\"", with: "") }.joined(separator: ",")
    }
    if shape == .shuffledClick { members.shuffle(using: &generator) }
    let line = "{\(members.joined(separator: ","))}"
    return shape == .spacedClick
      ? line.replacing("\":", with: "\": ").replacing(",\"", with: ", \"") : line
  }
}
