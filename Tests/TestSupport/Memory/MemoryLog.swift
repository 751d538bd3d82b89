package import Connect
import Synchronization

/// A log in memory: lines appended by a test, read by any number of readers.
///
/// Positions are `NUMBER`, the line to read next; lag is counted in lines. Every read hands out a
/// fresh copy, at most `byteCount` bytes and at least one line.
package final class MemoryLog: Source {
  /// What reading does beside returning lines.
  package enum Weather: Sendable {
    case fair
    /// Nothing comes, though there is more to read.
    case paused
    case failing(ConnectorError)
    /// Nothing comes, and the position has moved all the same.
    case milestone
  }

  private struct State {
    var lines: [StreamKind: [[String]]]
    var weather: [StreamKind: Weather] = [:]
    /// The first line that is left, where lines were removed.
    var first: [StreamKind: [Int: Int]] = [:]
  }

  package let identity: String
  private let gapPolicy: GapPolicy
  private let state: Mutex<State>

  package init(
    partitions: Int,
    identity: String = "memory",
    gapPolicy: GapPolicy = .fail
  ) {
    self.gapPolicy = gapPolicy
    self.identity = identity
    let empty = Array(repeating: [String](), count: partitions)
    state = Mutex(State(lines: [.clicks: empty, .checkouts: empty]))
  }

  package func append(_ lines: [String], to stream: StreamKind, partition: Int = 0) {
    state.withLock { $0.lines[stream]?[partition] += lines }
  }

  package func set(_ weather: Weather, for stream: StreamKind) {
    state.withLock { $0.weather[stream] = weather }
  }

  /// Removes the lines before `line`, as retention does.
  package func trim(_ stream: StreamKind, partition: Int = 0, before line: Int) {
    state.withLock { $0.first[stream, default: [:]][partition] = line }
  }

  fileprivate func firstLine(_ stream: StreamKind, partition: Int) -> Int {
    state.withLock { $0.first[stream]?[partition] ?? 0 }
  }

  /// What is to be done about lines that were removed.
  fileprivate func gap(
    from: Int,
    to: Int,
    isReadAgain: Bool
  ) throws(ConnectorError) -> LogGap {
    guard gapPolicy == .skip || isReadAgain else {
      throw ConnectorError(.lost, "lines \(from) to \(to) are gone")
    }
    return LogGap(
      from: SourcePosition("\(from)"),
      to: SourcePosition("\(to)"),
      records: Int64(to - from),
      reason: "the test removed them"
    )
  }

  package func lines(_ stream: StreamKind, partition: Int = 0) -> [String] {
    state.withLock { $0.lines[stream]?[partition] ?? [] }
  }

  fileprivate func weather(_ stream: StreamKind) -> Weather {
    state.withLock { $0.weather[stream] ?? .fair }
  }

  package func partitionCount() -> Int { state.withLock { $0.lines[.clicks]?.count ?? 0 } }

  package var growsByPartitions: Bool { true }

  /// Adds an empty partition.
  package func addPartition() {
    state.withLock { state in
      for stream in StreamKind.allCases { state.lines[stream]?.append([]) }
    }
  }

  package func open(
    _ stream: StreamKind,
    partition: Int,
    at position: SourcePosition?,
    until bound: ReadBound
  ) throws(ConnectorError) -> any PartitionReader {
    let end: Int? = if case .position(let end) = bound { Int(end.token) } else { nil }
    guard let start = Int(position?.token ?? "0") else {
      throw ConnectorError(.permanent, "position \"\(position?.token ?? "")\" is not of this log")
    }
    return Reader(log: self, stream: stream, partition: partition, next: start, end: end)
  }

  private final class Reader: PartitionReader {
    private let log: MemoryLog
    private let stream: StreamKind
    private let partition: Int
    private var next: Int
    private let end: Int?
    private var memory: UnsafeMutableRawBufferPointer = .allocate(byteCount: 64, alignment: 1)
    /// Of the run before.
    private var formerMemory: UnsafeMutableRawBufferPointer = .allocate(byteCount: 64, alignment: 1)

    init(log: MemoryLog, stream: StreamKind, partition: Int, next: Int, end: Int?) {
      self.log = log
      self.stream = stream
      self.partition = partition
      self.next = next
      self.end = end
    }

    deinit {
      memory.deallocate()
      formerMemory.deallocate()
    }

    var position: SourcePosition { SourcePosition("\(next)") }

    func lag() -> Int64 { Int64((end ?? log.lines(stream, partition: partition).count) - next) }

    func read(atMost byteCount: Int) throws(ConnectorError) -> MessageRun {
      var gap: LogGap?
      let first = log.firstLine(stream, partition: partition)
      if next < min(first, end ?? .max) {
        let from = next
        // Where it throws as well: what has moved then must not be committed.
        next = min(first, end ?? .max)
        gap = try log.gap(from: from, to: first, isReadAgain: end != nil)
      }
      let start = next
      var isPaused = false
      var isMilestone = false
      switch log.weather(stream) {
      case .fair: break
      case .paused: isPaused = true
      case .failing(let error): throw error
      case .milestone:
        isPaused = true
        isMilestone = true
      }
      let lines = log.lines(stream, partition: partition).prefix(end ?? .max)
      var text: [UInt8] = []
      while !isPaused, next < lines.count,
        text.isEmpty || text.count + lines[next].utf8.count < byteCount
      {
        text += Array((lines[next] + "\n").utf8)
        next += 1
      }
      swap(&memory, &formerMemory)
      memory.deallocate()
      memory = .allocate(byteCount: text.count + 64, alignment: 1)
      memory.initializeMemory(as: UInt8.self, repeating: 0)
      memory.copyBytes(from: text)
      var run = MessageRun(
        bytes: UnsafeMutableRawBufferPointer(rebasing: memory[..<text.count]),
        startOffset: Int64(start),
        isCaughtUp: !isPaused && next >= lines.count,
        startPosition: SourcePosition("\(start)"),
        gap: gap
      )
      run.isMilestone = isMilestone
      return run
    }
  }
}
