import Attribution
import Connect
import Dataflow

/// Answers an epoch's questions among the recent events, as rows to stage.
struct RecentAnswers: ~Copyable {
  /// Rows of `StagingTables.answers`.
  private(set) var answers = CopyBuffer()
  /// Rows of `StagingTables.questions`: for the raw tables to answer.
  private(set) var questions = CopyBuffer()
  /// Of the recent events when they were asked: what late clicks at or before it touch is not here.
  private(set) var floor = EventTime.endOfInput

  static let questionColumns = ["checkout_id", "user_id", "checkout_timestamp", "revenue"]

  /// Checkouts from the watermark on are left to the engine.
  init(_ epoch: PostgresEpoch, window: EventSpan, watermark: Watermark) {
    guard let number = epoch.number else { return }
    let now = EventTime.wallClock
    let recent = epoch.recent
    recent.withLock {
      floor = recent.floor
      for (userID, places) in Self.questions(of: epoch.lateNotes, to: recent, through: number) {
        let places = places.filter { !$0.checkout.isDropped && $0.checkout.time < watermark }
        let known = places.filter { $0.checkout.time - window > floor }
        for place in places.subtracting(known) { ask(place) }
        let times = known.map(\.checkout.time)
        guard let first = times.min(), let last = times.max() else { continue }
        let candidates = userID.withUnsafeBytes {
          recent.candidates(in: (first - window)...last, of: RecentUser($0), through: number)
        }
        for place in known {
          let answer = candidates.answer(to: place, window: window)
          AnswerRow(answer: answer, task: epoch.task, processedAt: now).write(to: &answers)
        }
      }
    }
  }

  /// Whether the raw tables have to answer too: what is staged as a question, or what late events
  /// touch that lie at or before the floor.
  func leavesQuestions(of notes: LateNotes) -> Bool {
    notes.earliest <= floor || !questions.isEmpty
  }

  /// Late checkouts, and stored ones that late clicks behind the floor touch, by user.
  private static func questions(
    of notes: LateNotes,
    to recent: RecentEvents,
    through number: UInt32
  ) -> [[UInt8]: Set<RecentEvents.Place>] {
    var questions: [[UInt8]: Set<RecentEvents.Place>] = [:]
    for place in notes.checkouts {
      let userID = Array(place.slice.events.userID(ofCheckout: place.number))
      questions[userID, default: []].insert(place)
    }
    for click in notes.clicks where click.time > recent.floor {
      let touched = click.userID.withUnsafeBytes {
        recent.checkouts(touchedAt: click.time, of: RecentUser($0), through: number)
      }
      questions[click.userID, default: []].formUnion(touched)
    }
    return questions
  }

  private mutating func ask(_ place: RecentEvents.Place) {
    Self.writeQuestion(place.slice.events.fields(ofCheckout: place.number), to: &questions)
  }

  /// Appends a row of `StagingTables.questions`, which a checkout's fields are.
  static func writeQuestion(_ fields: UnsafeRawBufferPointer, to questions: inout CopyBuffer) {
    var cursor = questions.reserve(fields.count + 2)
    cursor.startRow(fieldCount: Int16(questionColumns.count))
    cursor.fields(fields)
    questions.commit(to: cursor)
  }
}

extension RecentEvents.Place {
  fileprivate var checkout: RecentSliceEvents.Checkout { slice.events.checkouts[number] }
}
