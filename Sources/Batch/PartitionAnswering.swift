import Attribution
import CScan
import Connect
import Dataflow
import Events

/// Answers one partition after another on one thread.
///
/// Resends go first, over all of the partition; what remains goes to the operator in slices of event
/// time, and is on time.
struct PartitionAnswering: ~Copyable {
  /// How many records ahead the memory is asked for.
  private static let lookahead = 8

  private(set) var summary = AttributionJob.Summary()
  private let storesRecords: Bool
  private let distinct = DistinctRecords()
  private let slices = TimeSlices()
  private var texts = TextMemory()
  private var engine: FirstClick
  private var clicks = ClickBatch()
  private var checkouts = CheckoutBatch()
  private var verdicts: [Verdict] = []
  private var answers: [Answer] = []

  init(rule: AttributionRule, storesRecords: Bool) {
    self.storesRecords = storesRecords
    engine = FirstClick(rule: rule)
  }

  /// Adds the rows of the partition.
  mutating func answer(_ contents: PartitionContents, into rows: any OutputRows) {
    distinct.load(contents)
    summary.clicks.duplicates += Int64(distinct.duplicates[.clicks] ?? 0)
    summary.checkouts.duplicates += Int64(distinct.duplicates[.checkouts] ?? 0)
    slices.cut(distinct.entries)
    engine.removeAll()
    let (records, groups) = (slices.records, contents.groups)
    var start = 0
    for (slice, end) in slices.ends.enumerated() {
      records.withUnsafeBufferPointer { records in
        groups.withUnsafeBufferPointer { groups in
          process(UnsafeBufferPointer(rebasing: records[start..<end]), groups, into: rows)
        }
      }
      start = end
      let next = slices.nextTime(behind: slice).map { EventTime(microseconds: $0) }
      engine.advance(to: next ?? .endOfInput)
      answers.removeAll(keepingCapacity: true)
      engine.drainAnswers(into: &answers)
      summary.answers += Int64(answers.count)
      summary.attributed += Int64(answers.count { $0.isAttributed })
      rows.append(answers)
    }
    summary.clicks.events += Int64(distinct.duplicates[.clicks] ?? 0)
    summary.checkouts.events += Int64(distinct.duplicates[.checkouts] ?? 0)
  }

  private mutating func process(
    _ records: UnsafeBufferPointer<DistinctRecords.Entry>,
    _ groups: UnsafeBufferPointer<TextGroups>,
    into rows: any OutputRows
  ) {
    for index in records.indices {
      if index + Self.lookahead < records.count {
        prefetch(records[index + Self.lookahead].record)
        prefetch(records[index + Self.lookahead].record + 64)
      }
      let entry = records[index]
      let mostBytes = PackedHeader.byteCount(of: entry.record) + TextGroups.maximumByteCount
      if texts.room < mostBytes {
        flush(into: rows)
        texts.reserve(mostBytes)
      }
      let groups = groups[Int(entry.writer)]
      switch entry.stream {
      case .clicks:
        let unpacked = ClickRecord.unpack(entry.record, groups, into: texts.end)
        clicks.records.append(unpacked.record)
        texts.append(upTo: unpacked.end)
      case .checkouts:
        let unpacked = CheckoutRecord.unpack(entry.record, groups, into: texts.end)
        checkouts.records.append(unpacked.record)
        texts.append(upTo: unpacked.end)
      }
    }
    flush(into: rows)
  }

  /// Hands what was unpacked to the operator.
  private mutating func flush(into rows: any OutputRows) {
    setVerdicts(clicks.records.count)
    engine.process(clicks, verdicts: &verdicts)
    if storesRecords { rows.append(clicks, verdicts: verdicts) }
    summary.clicks.events += Int64(clicks.records.count)
    setVerdicts(checkouts.records.count)
    engine.process(checkouts, verdicts: &verdicts)
    if storesRecords { rows.append(checkouts, verdicts: verdicts) }
    summary.checkouts.events += Int64(checkouts.records.count)
    clicks.removeAll()
    checkouts.removeAll()
    texts.removeAll()
  }

  /// Nothing is late.
  private mutating func setVerdicts(_ count: Int) {
    verdicts.removeAll(keepingCapacity: true)
    verdicts.append(contentsOf: repeatElement(.onTime, count: count))
  }
}

/// The texts of the records that were unpacked last.
private struct TextMemory: ~Copyable {
  private static let smallestByteCount = 1 << 20

  private var start: UnsafeMutableRawPointer
  private var capacity = TextMemory.smallestByteCount
  private(set) var end: UnsafeMutableRawPointer

  init() {
    start = .allocate(byteCount: capacity + PackedTexts.margin, alignment: 64)
    end = start
  }

  deinit { start.deallocate() }

  var room: Int { start + capacity - end }

  mutating func append(upTo end: UnsafeMutableRawPointer) { self.end = end }

  mutating func removeAll() { end = start }

  /// Makes room in the empty memory.
  mutating func reserve(_ byteCount: Int) {
    guard byteCount > capacity else { return }
    start.deallocate()
    capacity = byteCount
    start = .allocate(byteCount: capacity + PackedTexts.margin, alignment: 64)
    end = start
  }
}
