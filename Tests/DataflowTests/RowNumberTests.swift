import Dataflow
import TestSupport
import Testing

@Suite struct RowNumberTests {
  typealias Arrival = Timeline.Arrival
  typealias Numbering = RowNumber<Arrival, String>

  /// Partitioned by key, ordered by id.
  private func numbering(limit: Int = 1) -> Numbering {
    RowNumber(partitionBy: { $0.key }, orderBy: { $0.id < $1.id }, limit: limit)
  }

  private func describe(_ row: Numbering.Output) -> String {
    "\(row.row.key) \(row.row.id) \(row.number)/\(row.partitionCount)"
  }

  @Test func `the timeline of the type's comment`() {
    let rows = play(
      """
      t=10 row x 7 | t=11 row y 3 | t=10 row x 4 | t=10 row x 9 | wm=10 | wm=11 | t=10 row x 1 |
      wm=12
      """,
      through: numbering(),
      describe,
      input: \.self
    )
    #expect(rows == ["wm=11: x 4 1/3", "t=10 row x 1: late", "wm=12: y 3 1/1"])
  }

  @Test func `a partition is final a microsecond after its time`() {
    let rows = play(
      "t=10 row x 1 | wm=10 | wm=10.000001",
      through: numbering(),
      describe,
      input: \.self
    )
    #expect(rows == ["wm=10.000001: x 1 1/1"])
  }

  @Test func `the limit keeps the first rows and counts all`() {
    let rows = play(
      "t=1 row x 5 | t=1 row x 2 | t=1 row x 9 | t=1 row x 1 | t=2 row x 0 | wm=end",
      through: numbering(limit: 2),
      describe,
      input: \.self
    )
    #expect(rows == ["wm=end: x 1 1/4, x 2 2/4, x 0 1/1"])
  }

  @Test func `rows that are equal in the order keep the order of arrival`() {
    let byLength = Numbering(
      partitionBy: { $0.key },
      orderBy: { $0.id.count < $1.id.count },
      limit: 3
    )
    let rows = play(
      "t=1 row x bb | t=1 row x a | t=1 row x cc | t=1 row x d | wm=end",
      through: byLength,
      describe,
      input: \.self
    )
    #expect(rows == ["wm=end: x a 1/4, x d 2/4, x bb 3/4"])
  }

  // MARK: The laws

  private func specimen(limit: Int) -> Specimen<Numbering> {
    Specimen(
      make: { self.numbering(limit: limit) },
      time: \.time,
      describe: describe,
      model: { rows in
        rows.compactMap { row in
          let partition = rows.filter { $0.key == row.key && $0.time == row.time }
          let number = partition.count { $0.id < row.id } + 1
          return number <= limit ? "\(row.key) \(row.id) \(number)/\(partition.count)" : nil
        }
      }
    )
  }

  /// Words repeat letters, and equal ids would make the numbers depend on arrival: each place of a
  /// word gets its own id.
  @Test(arguments: [1, 2]) func `the laws hold in every small world`(limit: Int) {
    let partitions: Timeline = "t=0 row a | t=6 row a | t=3 row b"
    for word in words(of: partitions.arrivals, upTo: 4) {
      for ids in permutations(of: Array(0..<word.count)) {
        let arrivals = zip(word, ids).map {
          Arrival(time: $0.time, stream: "row", key: $0.key, id: "\($1)")
        }
        let specimen = specimen(limit: limit)
        if specimen.split(arrivals).late.isEmpty {
          specimen.expectLaws(arrivals, batchings: batchings(of: arrivals), "small world")
        } else {
          specimen.expectLateReturned(arrivals, "small world")
        }
      }
    }
  }

  @Test(arguments: [1, 3]) func `the laws hold in random worlds`(limit: Int) {
    specimen(limit: limit).expectLawsInRandomWorlds { generator in
      // Few points in time, so that partitions have many rows.
      randomArrivals(60, keys: ["a", "b"], using: &generator).map { row in
        var row = row
        row.time = EventTime(microseconds: row.time.microseconds / 4_000_000 * 4_000_000)
        return row
      }
    }
  }
}
