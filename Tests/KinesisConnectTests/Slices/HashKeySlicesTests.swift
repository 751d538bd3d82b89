import Testing

@testable import KinesisConnect

@Suite struct HashKeySlicesTests {
  @Test(arguments: [1, 2, 3, 7, 16, 100, 1000, 1024])
  func `slices lie side by side and cover the space`(count: Int) {
    let slices = HashKeySlices(count: count)
    var next: UInt128? = 0
    for index in 0..<count {
      let keys = slices.keys(of: index)
      #expect(keys.lowerBound == next)
      #expect(slices.index(of: keys.lowerBound) == index)
      #expect(slices.index(of: keys.upperBound) == index)
      next = keys.upperBound == .max ? nil : keys.upperBound + 1
    }
    #expect(next == nil)
  }

  @Test func `a key's place is the MD5 of its text`() {
    #expect(HashKey.of("") == 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e)
    #expect(HashKey.of("abc") == 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72)
  }
}
