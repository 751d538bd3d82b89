import Attribution
import Connect
import Dataflow

/// Answers an epoch's questions among the recent events, as rows to stage.
struct RecentAnswers: ~Copyable {
  /// Rows of `StagingTables.answers`.
  private(set) var answers = CopyBuffer()
  /// Rows of `StagingTables.questions`: for the raw tables to answer.
  private(set) var questions = CopyBuffer()

  static let questionColumns = ["checkout_id", "user_id", "checkout_timestamp", "revenue"]

  /// - Parameter watermark: checkouts from it on are the engine's to answer.
  init(_ epoch: PostgresEpoch, watermark: Watermark) {
    guard let number = epoch.number else { return }
    let now = EventTime.wallClock
    epoch.recent.withLock {
      for place in Self.questions(of: epoch.lateNotes, to: epoch.recent, through: number) {
        let checkout = place.slice.checkouts[place.number]
        guard !checkout.isDropped, checkout.time < watermark else { continue }
        if let answer = epoch.recent.answer(to: place, through: number) {
          AnswerRow(answer: answer, task: epoch.task, processedAt: now).write(to: &answers)
        } else {
          ask(place)
        }
      }
    }
  }

  /// Late checkouts, and stored ones that late clicks touch.
  private static func questions(
    of notes: LateNotes,
    to recent: RecentEvents,
    through number: UInt32
  ) -> Set<RecentEvents.Place> {
    var places = Set(notes.checkouts)
    for click in notes.clicks {
      click.userID.withUnsafeBytes {
        let user = RecentUser($0)
        places.formUnion(recent.checkouts(touchedAt: click.time, of: user, through: number))
      }
    }
    return places
  }

  private mutating func ask(_ place: RecentEvents.Place) {
    let fields = place.slice.fields(ofCheckout: place.number)
    var cursor = questions.reserve(fields.count + 2)
    cursor.startRow(fieldCount: Int16(Self.questionColumns.count))
    cursor.fields(fields)
    questions.commit(to: cursor)
  }
}
