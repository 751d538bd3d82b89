import Attribution
import Dataflow
import Events

/// An answer with memory of its own, as the engine would hand it over.
final class EncodedAnswer {
  private var allocations: [UnsafeMutableRawBufferPointer] = []

  deinit { for allocation in allocations { allocation.deallocate() } }

  /// Product, origin and click time count when there is a click.
  func make(
    checkout: String,
    user: String = "u",
    time: EventTime,
    amount: Money,
    click: String? = nil,
    clickTime: EventTime = .beginning,
    product: [String?] = ["p", nil, nil],
    origin: [String?] = [nil, nil],
    clicksInWindow: Int32 = 0
  ) -> Answer {
    Answer(
      kind: .new,
      isFinal: true,
      clicksInWindow: clicksInWindow,
      checkoutTime: time,
      checkoutFields: memory { target in
        var count = Self.write(checkout, to: target)
        count += Self.write(user, to: target + count)
        count += CopyField.write(timestamp: time, to: target + count)
        return count + CopyField.write(money: amount, to: target + count)
      },
      clickID: click.map { click in
        memory { target in
          target.copyMemory(from: Array(click.utf8), byteCount: click.utf8.count)
          return click.utf8.count
        }
      } ?? UnsafeRawBufferPointer(start: nil, count: 0),
      clickTime: clickTime,
      productFields: memory { Self.write(product, to: $0) },
      originFields: memory { Self.write(origin, to: $0) }
    )
  }

  private func memory(_ write: (UnsafeMutableRawPointer) -> Int) -> UnsafeRawBufferPointer {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 1)
    allocations.append(memory)
    guard let start = memory.baseAddress else { return UnsafeRawBufferPointer(memory) }
    return UnsafeRawBufferPointer(start: start, count: write(start))
  }

  private static func write(_ texts: [String?], to target: UnsafeMutableRawPointer) -> Int {
    texts.reduce(0) { $0 + write($1, to: target + $0) }
  }

  private static func write(_ text: String?, to target: UnsafeMutableRawPointer) -> Int {
    guard let text else { return CopyField.writeNull(to: target) }
    return Array(text.utf8).withUnsafeBytes { CopyField.write(text: $0, to: target) }
  }
}
