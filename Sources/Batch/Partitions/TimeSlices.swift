/// Records cut into slices of event time, one after another.
///
/// ```
/// records by input     7 2 9 1 8 3           within a slice they stay in input order
/// slices               2 1 3 | 7 9 8         the operator takes a slice, then event time moves on
/// ```
/// So the operator has the clicks of little more than its window in memory, whatever the order of the
/// input. The borders are quantiles of a sample: strange times cost nothing.
final class TimeSlices {
  private static let recordsOfSlice = 4096
  private static let maximumSliceCount = 4096
  /// Sampled times for each slice.
  private static let samplesOfSlice = 8

  /// Those of all slices, one slice behind the other.
  private(set) var records: [DistinctRecords.Entry] = []
  /// Where slices end in the records.
  private(set) var ends: [Int] = []
  /// The first times of all slices but the first.
  private var borders: [Int64] = []
  private var slices: [UInt16] = []

  /// Replaces the slices.
  func cut(_ entries: [DistinctRecords.Entry]) {
    setBorders(entries)
    ends.removeAll(keepingCapacity: true)
    ends.append(contentsOf: repeatElement(0, count: borders.count + 1))
    records.removeAll(keepingCapacity: true)
    records.append(contentsOf: entries)
    slices.removeAll(keepingCapacity: true)
    slices.append(contentsOf: repeatElement(0, count: entries.count))
    borders.withUnsafeBufferPointer { borders in
      slices.withUnsafeMutableBufferPointer { slices in
        ends.withUnsafeMutableBufferPointer { ends in
          records.withUnsafeMutableBufferPointer { records in
            for index in entries.indices {
              let slice = Self.slice(of: entries[index].time, borders)
              slices[index] = UInt16(truncatingIfNeeded: slice)
              ends[slice] += 1
            }
            var start = 0
            for slice in ends.indices {
              start += ends[slice]
              ends[slice] = start - ends[slice]
            }
            for index in entries.indices {
              let slice = Int(slices[index])
              records[ends[slice]] = entries[index]
              ends[slice] += 1
            }
          }
        }
      }
    }
  }

  /// What no record behind a slice is earlier than; nil behind the last one.
  func nextTime(behind slice: Int) -> Int64? {
    slice < borders.count ? borders[slice] : nil
  }

  private func setBorders(_ entries: [DistinctRecords.Entry]) {
    borders.removeAll(keepingCapacity: true)
    let count = min(entries.count / Self.recordsOfSlice + 1, Self.maximumSliceCount)
    guard count > 1 else { return }
    let step = max(entries.count / (count * Self.samplesOfSlice), 1)
    let sample = stride(from: 0, to: entries.count, by: step).map { entries[$0].time }.sorted()
    for slice in 1..<count {
      let time = sample[slice * sample.count / count]
      if time > borders.last ?? .min { borders.append(time) }
    }
  }

  /// How many borders are not behind the time.
  @inline(__always)
  private static func slice(of time: Int64, _ borders: UnsafeBufferPointer<Int64>) -> Int {
    var low = 0
    var high = borders.count
    while low < high {
      let middle = (low &+ high) / 2
      if borders[middle] <= time { low = middle &+ 1 } else { high = middle }
    }
    return low
  }
}
