import Connect
import Dataflow
import Events

/// Finds the late checkouts that are dropped and stored before one of the same id on time: that one's
/// answer, which is stored first, is no sign that they are resends.
///
/// ```
/// read in this epoch              dropped   is
/// k late, k on time               the late  the first
/// k on time, k late, k on time    the late  a resend of the first, which has left the state
/// (k before it,) k late, k        the late  a resend: k's answer has another time than those here
/// ```
struct DroppedFirsts {
  /// Of the epoch's checkouts on time with one id and user.
  private struct Namesakes {
    /// Where the first one's row begins.
    var start = Int.max
    var times: Set<EventTime> = []
    /// An answer of the epoch is that of one read before it.
    var haveElder = false
  }

  private var namesakes: [[UInt8]: Namesakes] = [:]

  /// Marks them as new, among those that are not known as resends.
  static func note(in epoch: PostgresEpoch) {
    let numbers = epoch.lateCheckouts.events.indices.filter { number in
      let late = epoch.lateCheckouts.events[number]
      return late.isDropped && !late.isResend
    }
    guard !numbers.isEmpty else { return }
    let keys = numbers.map { number in
      Array(epoch.lateCheckouts.keyFields(of: epoch.lateCheckouts.events[number]))
    }
    let firsts = DroppedFirsts(keys, in: epoch)
    for (number, key) in zip(numbers, keys) {
      guard let namesakes = firsts.namesakes[key], !namesakes.times.isEmpty,
        !namesakes.haveElder,
        epoch.lateCheckouts.events[number].checkoutsEnd <= namesakes.start
      else { continue }
      epoch.lateCheckouts.noteNew(number)
    }
  }

  private init(_ keys: [[UInt8]], in epoch: PostgresEpoch) {
    for key in keys { namesakes[key] = Namesakes() }
    var checkouts = CopyRowWalk(epoch.checkouts.bytes, keyFieldCount: 2)
    while let row = checkouts.next() {
      let key = Array(epoch.checkouts.bytes[row.key])
      guard var found = namesakes[key] else { continue }
      found.start = min(found.start, row.range.lowerBound)
      found.times.insert(RawCheckoutRow(epoch.checkouts.bytes[row.range]).time)
      namesakes[key] = found
    }
    var answers = CopyRowWalk(epoch.newAnswers.bytes, keyFieldCount: 2)
    while let row = answers.next() {
      let key = Array(epoch.newAnswers.bytes[row.key])
      guard let found = namesakes[key] else { continue }
      // The time follows the key.
      let time = epoch.newAnswers.bytes.loadUnaligned(
        fromByteOffset: row.key.upperBound + 4,
        as: Int64.self
      )
      if !found.times.contains(EventTime(postgresMicroseconds: Int64(bigEndian: time))) {
        namesakes[key]?.haveElder = true
      }
    }
  }
}
