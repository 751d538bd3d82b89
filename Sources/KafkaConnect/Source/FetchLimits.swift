/// How much a client fetches ahead, so that all partitions together stay within the memory given.
///
/// librdkafka counts per partition when each has a queue of its own, and may overshoot by one fetch:
///
///     memory = partitions x (queue + one fetch)      queue : fetch = 3 : 1
///
/// A partition whose queue is full is fetched no further: that is the back-pressure.
struct FetchLimits {
  private static let fewestKibibytes = 64
  private static let mostKibibytes = 2_097_151
  private static let fetchByteCounts = (16 << 10)...(8 << 20)
  private static let answerByteCounts = (2 << 20)...(50 << 20)

  /// Of messages that wait in one partition's queue.
  let queueKibibytes: Int
  /// Of one partition's part in an answer, at least one message.
  let partitionByteCount: Int
  /// Of one broker's answer, at least one message.
  let answerByteCount: Int

  /// - Parameters:
  ///   - memoryByteCount: of all partitions together.
  ///   - partitionCount: of both topics.
  ///   - messageByteCount: of the longest message, if the user has said so; an answer has room for it.
  init(memoryByteCount: Int, partitionCount: Int, messageByteCount: Int? = nil) {
    let share = memoryByteCount / max(1, partitionCount)
    let queue = share / 4 * 3 / 1024
    queueKibibytes = min(max(queue, Self.fewestKibibytes), Self.mostKibibytes)
    partitionByteCount = (share / 4).clamped(to: Self.fetchByteCounts)
    answerByteCount = max(
      (memoryByteCount / 4).clamped(to: Self.answerByteCounts),
      messageByteCount ?? 0
    )
  }
}

extension Int {
  fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
