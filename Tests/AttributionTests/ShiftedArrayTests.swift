@testable import Attribution
import Testing

@Suite struct ShiftedArrayTests {
  /// A step: an insertion at each place, or the removal of each number at the front.
  private enum Step {
    case insert(at: Int)
    case remove(Int)

    /// All that an array of this many elements allows.
    static func all(_ count: Int) -> [Step] {
      (0...count).map { .insert(at: $0) } + (0...count).map { .remove($0) }
    }
  }

  /// Tries every continuation beside an array; returns how many were tried.
  private static func tryAll(_ array: ShiftedArray<Int>, _ expected: [Int], steps: Int) -> Int {
    #expect(Array(array) == expected)
    guard steps > 0 else { return 1 }
    return Step.all(expected.count).reduce(0) { tried, step in
      var array = array
      var expected = expected
      switch step {
      case .insert(let place):
        array.insert(steps, at: place)
        expected.insert(steps, at: place)
      case .remove(let count):
        array.removeFirst(count)
        expected.removeFirst(count)
      }
      return tried + tryAll(array, expected, steps: steps - 1)
    }
  }

  @Test func `it is an array, whatever came and went`() {
    let count = Self.tryAll(ShiftedArray(), [], steps: 6)
    #expect(count > 1000)
  }

  @Test func `a queue that stays short stays small`() {
    var array = ShiftedArray<Int>()
    for number in 0..<10_000 {
      array.insert(number, at: array.count)
      if array.count > 10 { array.removeFirst(1) }
    }
    #expect(Array(array) == Array(9_990..<10_000))
    #expect(array.capacity < 100)
  }

  @Test func `what is gone cannot be reached`() async {
    let reading = await #expect(
      processExitsWith: .failure,
      observing: [\.standardErrorContent]
    ) {
      var array = ShiftedArray<Int>()
      for number in 0..<4 { array.insert(number, at: number) }
      array.removeFirst(1)
      _ = array[-1]
    }
    #expect(Self.message(reading).contains("place -1 is before the first"))
    let inserting = await #expect(
      processExitsWith: .failure,
      observing: [\.standardErrorContent]
    ) {
      var array = ShiftedArray<Int>()
      for number in 0..<4 { array.insert(number, at: number) }
      array.removeFirst(1)
      array.insert(9, at: -1)
    }
    #expect(Self.message(inserting).contains("place -1 is before the first"))
  }

  @Test func `no more can leave than are there`() async {
    let result = await #expect(
      processExitsWith: .failure,
      observing: [\.standardErrorContent]
    ) {
      var array = ShiftedArray<Int>()
      array.removeFirst(1)
    }
    #expect(Self.message(result).contains("1 of 0 elements cannot leave"))
  }

  private static func message(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }
}
