import Testing

@testable import KafkaConnect

@Suite struct FetchLimitsTests {
  @Test(arguments: [(256 << 20, 8), (256 << 20, 128), (64 << 20, 16), (1 << 30, 2)])
  func `queues and one fetch each stay within the memory`(memory: Int, partitions: Int) {
    let limits = FetchLimits(memoryByteCount: memory, partitionCount: partitions)
    let used = partitions * (limits.queueKibibytes << 10 + limits.partitionByteCount)
    #expect(used <= memory)
    #expect(used >= memory / 2)
  }

  @Test func `what librdkafka takes at least and at most is kept to`() {
    let least = FetchLimits(memoryByteCount: 1 << 20, partitionCount: 4096)
    #expect(least.queueKibibytes == 64)
    #expect(least.partitionByteCount == 16 << 10)
    #expect(least.answerByteCount == 2 << 20)
    let most = FetchLimits(memoryByteCount: 1 << 42, partitionCount: 2)
    #expect(most.queueKibibytes == 2_097_151)
    #expect(most.partitionByteCount == 8 << 20)
    #expect(most.answerByteCount == 50 << 20)
  }

  @Test func `an answer has room for the longest message`() {
    let limits = FetchLimits(
      memoryByteCount: 1 << 20,
      partitionCount: 2,
      messageByteCount: 64 << 20
    )
    #expect(limits.answerByteCount == 64 << 20)
  }
}
