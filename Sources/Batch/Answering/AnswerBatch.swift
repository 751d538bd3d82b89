import Attribution
import CScan
import Dataflow
import Events

/// Final answers on their way to an output, some hundred at a time: while they wait, the memory of
/// their records is on its way.
struct AnswerBatch: ~Copyable {
  /// A checkout and its first click, if any.
  private struct Pair: BitwiseCopyable {
    let checkout: UnsafeRawPointer
    let click: UnsafeRawPointer?
    let clickCount: Int32
  }

  private static let capacity = 256
  /// checkout_id, user_id, checkout_timestamp and revenue in COPY form, with room to copy in blocks.
  private static let mostFieldBytes =
    2 * 4 + 100 + 50 + CopyField.timestampByteCount + CopyField.maximumMoneyByteCount
    + CopyTexts.margin

  private var pairs: [Pair] = []
  private var answers: [Answer] = []
  /// The fields of the checkouts.
  private let fields = UnsafeMutableRawPointer.allocate(
    byteCount: AnswerBatch.capacity * AnswerBatch.mostFieldBytes,
    alignment: 64
  )

  init() {}

  deinit { fields.deallocate() }

  var isFull: Bool { pairs.count == Self.capacity }

  @inline(__always)
  mutating func append(
    checkout: UnsafeRawPointer,
    click: UnsafeRawPointer?,
    clickCount: Int
  ) {
    prefetch(checkout)
    prefetch(click)
    pairs.append(
      Pair(
        checkout: checkout,
        click: click,
        clickCount: Int32(truncatingIfNeeded: clickCount)
      )
    )
  }

  /// The answers; valid until the next call.
  ///
  /// - Parameter groups: the shared texts of the clicks, by writer.
  /// - Returns: an answer a checkout, in the order in which they were appended.
  mutating func take(_ groups: UnsafeBufferPointer<TextGroups>) -> [Answer] {
    answers.removeAll(keepingCapacity: true)
    var end = fields
    for pair in pairs {
      let header = PackedHeader(of: pair.checkout)
      let start = end
      end = Self.writeFields(of: pair.checkout, header, to: start)
      let click = pair.click.map { PackedClick($0, groups) }
      let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
      answers.append(
        Answer(
          kind: .new,
          isFinal: true,
          clicksInWindow: pair.clickCount,
          checkoutTime: EventTime(microseconds: header.time),
          checkoutFields: UnsafeRawBufferPointer(start: start, count: end - start),
          clickID: click?.eventID ?? nothing,
          clickTime: EventTime(microseconds: click?.header.time ?? 0),
          productFields: click?.productFields ?? nothing,
          originFields: click?.originFields ?? nothing
        )
      )
    }
    pairs.removeAll(keepingCapacity: true)
    return answers
  }

  private static func writeFields(
    of checkout: UnsafeRawPointer,
    _ header: PackedHeader,
    to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    var end = CopyTexts.write(header.eventID(checkout), to: target)
    end = CopyTexts.write(header.userID(checkout), to: end)
    end += CopyField.write(
      timestamp: EventTime(microseconds: header.time),
      to: end
    )
    end += CopyField.write(money: header.amount, to: end)
    return end
  }
}
