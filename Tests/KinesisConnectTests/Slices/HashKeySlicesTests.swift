import Testing

@testable import KinesisConnect

@Suite struct HashKeySlicesTests {
  @Test(arguments: [1, 2, 3, 7, 16, 100, 1000, 1024])
  func `slices lie side by side and cover the space`(count: Int) {
    let slices = HashKeySlices(count: count)
    var next: UInt128? = 0
    for index in 0..<count {
      let keys = slices.keys(of: index)
      #expect(keys.lowerBound.value == next)
      #expect(slices.index(of: keys.lowerBound) == index)
      #expect(slices.index(of: keys.upperBound) == index)
      next = keys.upperBound.value == .max ? nil : keys.upperBound.value + 1
    }
    #expect(next == nil)
  }
}
