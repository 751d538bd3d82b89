import Connect
import Dataflow
import Generation
import Programs

/// What a run has done, in words.
struct Summary {
  private let statistics: Statistics
  private let settings: RunSettings
  /// Of the log, in words.
  private let layout: String

  init(_ statistics: Statistics, settings: RunSettings, layout: String) {
    self.statistics = statistics
    self.settings = settings
    self.layout = layout
  }

  /// While it goes on.
  static func progress(_ statistics: Statistics, in elapsed: Duration) -> String {
    "\(Figures.grouped(statistics.events)) events, \(rate(statistics, in: elapsed)), "
      + Figures.bytes(Int64(statistics.bytes))
  }

  /// At the end.
  func rate(in elapsed: Duration) -> String {
    "\(Figures.grouped(statistics.events)) events in \(Figures.duration(elapsed)), "
      + Self.rate(statistics, in: elapsed)
  }

  private static func rate(_ statistics: Statistics, in elapsed: Duration) -> String {
    let rate = Double(statistics.events) / max(elapsed / .seconds(1), 1e-6)
    return "\(Figures.grouped(Int64(rate)))/s"
  }

  private var times: String {
    statistics.times.map {
      "event time \(Figures.time($0.lowerBound)) to \(Figures.time($0.upperBound)), "
    } ?? ""
  }

  /// What was written, from which seed, and what to do with it.
  func text(isContinued: Bool) -> String {
    var lines = [
      "\(isContinued ? "appended" : "wrote") \(Figures.grouped(statistics.clicks)) clicks and "
        + "\(Figures.grouped(statistics.checkouts)) checkouts to \(settings.destination.uri) "
        + "(\(layout), \(Figures.bytes(Int64(statistics.bytes))))",
      times + "seed \(settings.plan.seed)",
    ]
    let extras = [
      ("late", statistics.late), ("sent twice", statistics.duplicates),
      ("orphan checkouts", statistics.orphans), ("malformed", statistics.malformed),
      ("ties", statistics.ties), ("edges", statistics.edges),
    ].filter { $0.1 > 0 }.map { "\(Figures.grouped($0.1)) \($0.0)" }
    if !extras.isEmpty { lines.append("among them: " + extras.joined(separator: ", ")) }
    if let truth = settings.truthPath {
      lines.append(
        "the right answers: \(truth)" + (isContinued ? " (for this run's events alone)" : "")
      )
    }
    let uri = settings.destination.uri.description
    let from = uri == LogChoice.defaultURI ? "" : " --from \(uri)"
    lines.append("next: swift run stream-job\(from) --until-end")
    return lines.joined(separator: "\n")
  }
}
