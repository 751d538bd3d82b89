import Connect
import Dataflow
import Foundation
import Generation
import Programs
import Synchronization

/// Asks a running driver to stop; may be called from any thread.
final class StopFlag: Sendable {
  private let flag = Atomic(false)

  func request() { flag.store(true, ordering: .relaxed) }
  var isMade: Bool { flag.load(ordering: .relaxed) }
}

/// Runs a generator at its pace.
struct Driver: ~Copyable {
  /// Events made without a look at the clock.
  private static let stride = 4096
  private static let shortestSleep = Duration.milliseconds(2)
  private static let longestSleep = Duration.milliseconds(50)
  /// How long a run makes what was due within its time after that, where the rate is out of reach.
  private static let overtime = Duration.seconds(1)

  let stop = StopFlag()
  private let pace: Pace
  private let start: EventTime
  private let begin = ContinuousClock.now
  private var generator: Generator

  init(_ settings: RunSettings, writer: any LogWriter) throws {
    pace = settings.pace
    start = settings.plan.schedule.time(of: 0)
    generator = try Generator(
      plan: settings.plan,
      writer: writer,
      truthPath: settings.truthPath
    )
  }

  var statistics: Statistics { generator.statistics }

  /// Makes events until there are enough, the time is over or a stop is asked for; then drains.
  mutating func run(showing progress: Programs.Progress) throws(ConnectorError) {
    while !generator.isDone, !stop.isMade {
      let elapsed = ContinuousClock.now - begin
      let isLast = pace.duration.map { elapsed >= $0 } ?? false
      if let duration = pace.duration, elapsed >= duration + Self.overtime { break }
      let hasPaused = try makeDue(elapsed: min(elapsed, pace.duration ?? elapsed), isLast: isLast)
      if isLast && hasPaused { break }
      progress.update { Summary.progress(generator.statistics, in: elapsed) }
    }
    try generator.finish()
  }

  /// Makes what is due, and waits if nothing is; true when there was nothing left to make by now.
  private mutating func makeDue(
    elapsed: Duration,
    isLast: Bool
  ) throws(ConnectorError) -> Bool {
    let wait: Duration
    switch pace.speed {
    case .full:
      if !isLast { try generator.make(atMost: Self.stride) }
      return true
    case .rate(let rate) where !pace.isWallClock:
      let made = generator.statistics.events
      let due = Int(elapsed / .seconds(1) * rate) + (isLast ? 0 : 1)
      if made < due { try generator.make(atMost: min(due - made, Self.stride)) }
      guard generator.statistics.events >= due else { return false }
      wait = .seconds(Double(due) / rate) - elapsed
    case .rate, .due:
      let now = start + EventSpan(microseconds: Int64(elapsed / .microseconds(1)))
      try generator.make(atMost: Self.stride, before: now)
      guard generator.nextTime >= now else { return false }
      wait = .microseconds(generator.nextTime.microseconds - now.microseconds)
    }
    try generator.flush()
    if !isLast, !generator.isDone {
      let sleep = min(max(wait, Self.shortestSleep), Self.longestSleep)
      Thread.sleep(forTimeInterval: sleep / .seconds(1))
    }
    return true
  }
}
