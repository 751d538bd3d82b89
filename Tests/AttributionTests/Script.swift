import Attribution
import Dataflow

/// A course of events as the operator meets it.
enum Step: Hashable, CustomStringConvertible {
  case click(Event, isLate: Bool)
  case checkout(Event, isLate: Bool)
  case advance(Int64)
  /// `drainAnswers`.
  case drain
  /// The process is killed and rebuilt from the log, to emit rows so from now on.
  case rebuild(AttributionRule.Emission)

  var description: String {
    switch self {
    case .click(let event, let isLate): "\(isLate ? "late " : "")click \(event)"
    case .checkout(let event, let isLate): "\(isLate ? "late " : "")checkout \(event)"
    case .advance(let time): "advance \(time)"
    case .drain: "drain"
    case .rebuild(let emission): "rebuild, \(emission)"
    }
  }
}

/// A click or a checkout of a test.
struct Event: Hashable, CustomStringConvertible {
  var id: String
  var user: String
  var time: Int64
  /// Stands for the rest of the payload, so that a duplicate can have another one.
  var payload = 0

  /// Tells apart two records whose id was forgotten in between.
  var key: String { "\(id)@\(time)" }
  var product: String { "p\(payload % 7)" }
  var productName: String? { payload % 3 == 0 ? nil : "name \(payload % 5)" }
  var category: String? { payload % 4 == 0 ? nil : "category" }
  var referrer: String? { payload % 5 == 0 ? nil : "https://r.example/\(payload % 11)" }
  var device: String? { payload % 2 == 0 ? nil : "mobile" }
  var revenue: Int64 { Int64(payload) * 101 }

  var description: String { "\(id) of \(user) at \(time) (\(payload))" }
}
