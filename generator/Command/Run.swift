import ArgumentParser
import Connect
import Generation
import Programs

/// Makes events.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make events, until there are enough or until interrupted.",
    discussion: """
      Appends to the log. The first SIGINT or SIGTERM ends it with whole lines, after what is still \
      on its way (late and resent events); a second one at once. Shares are numbers from 0 to 1, \
      durations 250ms, 90s, 5m, 1h or 1d.
      """
  )

  @OptionGroup(title: "Destination") var output: OutputOptions
  @OptionGroup(title: "Pace") var pace: PaceOptions
  @OptionGroup(title: "Content") var content: ContentOptions

  func run() throws {
    let settings = try RunSettings(pace, content, output)
    Interrupts.watch()
    let writer = try settings.destination.makeWriter(of: settings.plan)
    var driver = try Driver(settings, writer: writer)
    let stop = driver.stop
    Interrupts.onFirst { stop.request() }
    let progress = Progress(of: "generator")
    try driver.run(showing: progress)
    let summary = Summary(
      driver.statistics,
      settings: settings,
      layout: writer.layout
    )
    progress.finish(summary.rate(in: progress.elapsed))
    print(summary.text(isContinued: writer.isContinued))
  }
}
