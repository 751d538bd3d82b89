import Connect
import Events
package import FileInput
import Synchronization

/// Rows that are no events: counted, the first ones kept, and no more of them than allowed.
package final class BadRows: Sendable {
  /// One of them.
  package struct Sample: Sendable {
    package let file: InputFile
    /// Of the row's first byte, in the unpacked file.
    package let offset: Int64
    package let reason: String
    fileprivate let stream: StreamKind
    private let place: BadPlace

    /// `FILE:LINE:COLUMN: reason`; the line is looked up.
    package var text: String { "\(place.text): \(reason)" }

    fileprivate init(_ reject: RejectedMessage, of stream: StreamKind, in chunk: Chunk) {
      file = chunk.file
      offset = reject.offset
      reason = reject.reason.description
      self.stream = stream
      place = BadPlace(of: reject, in: chunk)
    }

    fileprivate static func precedes(_ left: Sample, _ right: Sample) -> Bool {
      let (isClick, isOther) = (left.stream == .clicks, right.stream == .clicks)
      guard isClick == isOther else { return isClick }
      return (left.file.order, left.offset) < (right.file.order, right.offset)
    }
  }

  private struct State {
    var counts: [StreamKind: Int] = [:]
    var samples: [Sample] = []
  }

  /// How many are kept.
  private static let sampleCount = 10

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: the most that are allowed.
  package init(limit: Int) { self.limit = limit }

  package var count: Int { state.withLock { $0.counts.values.reduce(0, +) } }
  func count(of stream: StreamKind) -> Int { state.withLock { $0.counts[stream] ?? 0 } }
  /// The first ones in input order.
  package var samples: [Sample] { state.withLock { $0.samples } }

  /// Takes those of a chunk.
  ///
  /// - Throws: when they are too many.
  func append(
    _ rejects: [RejectedMessage],
    of stream: StreamKind,
    in chunk: Chunk
  ) throws(ConnectorError) {
    let count = state.withLock { state in
      state.counts[stream, default: 0] += rejects.count
      for reject in rejects {
        let sample = Sample(reject, of: stream, in: chunk)
        let place =
          state.samples.firstIndex { Sample.precedes(sample, $0) } ?? state.samples.endIndex
        if place == Self.sampleCount { break }
        state.samples.insert(sample, at: place)
        if state.samples.count > Self.sampleCount { state.samples.removeLast() }
      }
      return state.counts.values.reduce(0, +)
    }
    guard count <= limit else { throw tooMany() }
  }

  private func tooMany() -> ConnectorError {
    let first = samples.first.map { ", such as \($0.text)" } ?? ""
    return ConnectorError(
      .permanent,
      "found more than \(limit) rows that do not fit\(first)",
      hint: "correct the file, or allow more by --max-bad-rows"
    )
  }
}
