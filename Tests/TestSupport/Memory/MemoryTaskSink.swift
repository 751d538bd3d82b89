import Connect
import Dataflow

/// The task's end of a `MemorySink`.
final class MemoryTaskSink: TaskSink {
  private let task: Int
  private let sink: MemorySink
  private var generation = 0

  init(task: Int, sink: MemorySink) {
    self.task = task
    self.sink = sink
  }

  func open() throws(ConnectorError) -> TaskProgress? {
    let opened = try sink.open(task)
    generation = opened.generation
    return opened.progress
  }

  func droppedTimes(
    _ stream: StreamKind,
    since horizon: EventTime
  ) -> [[UInt8]: Set<EventTime>] {
    let stored = sink.stored(task)
    let events = stream == .clicks ? stored.clicks : stored.checkouts
    var times: [[UInt8]: Set<EventTime>] = [:]
    for id in stored.dropped[stream] ?? [] {
      if let time = events[id]?.time, time >= horizon { times[Array(id.utf8)] = [time] }
    }
    return times
  }

  func resentPlaces(_ stream: StreamKind, since horizon: EventTime) -> [[UInt8]: Set<String>] {
    let resends = sink.stored(task).resends[stream, default: []].filter { $0.time >= horizon }
    return Dictionary(resends.map { ($0.eventID, [$0.place]) }) { $0.union($1) }
  }

  func answeredIDs(among checkouts: [UnsafeRawBufferPointer]) -> Set<[UInt8]> {
    let rows = sink.stored(task).rows
    let answered = checkouts.map(\.firstField).filter { rows[$0] != nil }
    return Set(answered.map { Array($0.utf8) })
  }

  func makeEpoch() -> any Epoch { MemoryEpoch() }

  func commit(
    _ epoch: any Epoch,
    progress: TaskProgress
  ) throws(ConnectorError) -> CommitReceipt {
    guard let epoch = epoch as? MemoryEpoch else { preconditionFailure("epoch of another sink") }
    return try sink.commit(epoch, progress, task: task, generation: generation)
  }

  func recycle(_ epoch: any Epoch) { (epoch as? MemoryEpoch)?.removeAll() }

  func close() {}
}
