import ArgumentParser
import Attribution
import Batch
import Connect
import Dataflow
import FileInput
import Foundation
import PostgresConnect
import Programs

/// First clicks of the checkouts in files.
struct Attribute: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Attribute the checkouts in files to their first clicks.",
    discussion: """
      Files are CSV with a header (columns in any order) or JSON lines, as they are or packed with \
      gzip or zstd; patterns such as 'clicks-*.csv.gz' are expanded. The answers are those of \
      stream-job over the same events; of an event_id that comes twice, the first in the order of \
      the files counts, whatever user it names. Rows that do not fit are counted and left out.
      """
  )

  @Option(parsing: .upToNextOption, help: "CSV with a header, or JSON lines.")
  var clicks: [String] = []

  @Option(parsing: .upToNextOption, help: "CSV with a header, or JSON lines.")
  var checkouts: [String] = []

  @OptionGroup var target: TargetOptions
  @OptionGroup var options: AttributeOptions

  /// Without files it is the log of the stream that is attributed, and its tables are the stream's.
  private static let logDirectory = ".firstclick/log"

  func validate() throws {
    guard clicks.isEmpty == checkouts.isEmpty else {
      throw ValidationError("expected both --clicks and --checkouts, found one of them")
    }
  }

  mutating func run() throws {
    let isOfLog = clicks.isEmpty
    if isOfLog {
      clicks = ["\(Self.logDirectory)/clicks/*.jsonl"]
      checkouts = ["\(Self.logDirectory)/checkouts/*.jsonl"]
    }
    let settings = try AttributeSettings(options, target, ofLog: isOfLog)
    Interrupts.watch(endingWith: 130)
    let files = (clicks: try InputFile.find(clicks), checkouts: try InputFile.find(checkouts))
    try settings.refuseTarget(among: files.clicks + files.checkouts)
    // Refuses the files' headers, before a database is made for them.
    _ = try AttributionJob(clicks: files.clicks, checkouts: files.checkouts, settings: settings.job)
    let stop = StopRequest()
    // Before the output is made, so that an interrupt takes it away again.
    Interrupts.onFirst { stop() }
    do {
      let target = try settings.prepareTarget()
      // A database that was lost half way holds nothing of it, or all: then there is nothing to do.
      let retry = Retry.patient(limit: Self.retryLimit, unless: { stop.isRequested })
      try retry("attribution") { () throws(ConnectorError) in
        try Self.attribute(files.clicks, files.checkouts, settings.job, into: target, until: stop)
      }
    } catch {
      guard error.kind == .stopped else { throw error }
      Console.shared.write("batch-job: stopped: nothing was written")
      throw ExitCode(130)
    }
  }

  /// Every retry reads all files again.
  private static let retryLimit = 5

  private static func attribute(
    _ clicks: [InputFile],
    _ checkouts: [InputFile],
    _ settings: AttributionJob.Settings,
    into target: AttributeTarget,
    until stop: StopRequest
  ) throws(ConnectorError) {
    let job = try AttributionJob(clicks: clicks, checkouts: checkouts, settings: settings)
    stop.onRequest { job.requestStop() }
    guard let output = try target.open(for: job) else {
      Console.shared.write("batch-job: these files are stored already: nothing to do")
      return
    }
    let display = AttributeDisplay(of: job)
    display.start()
    defer { display.stop() }
    display.finish(try job.run(into: output))
  }
}

/// What `attribute` takes besides its files and where the answers go.
struct AttributeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How long before a checkout a click counts, default 1h.", valueName: "D"),
    transform: parseSetting
  )
  var window: EventSpan?

  @Option(
    help: ArgumentHelp("Threads, default one per core.", valueName: "N"),
    transform: parseSetting
  )
  var workers: PositiveCount?

  @Option(
    help: ArgumentHelp(
      "Memory for events, default half of the machine's.",
      discussion: "What exceeds it goes to temporary files in TMPDIR, else /var/tmp.",
      valueName: "BYTES"
    ),
    transform: parseSetting
  )
  var memory: ByteCount?

  @Option(
    help: ArgumentHelp("Give up after so many rows that do not fit.", valueName: "N"),
    transform: parseSetting
  )
  var maxBadRows: Count?

  @OptionGroup var config: ConfigOptions
}

/// What a run is to do, after options, environment and config file were laid over the defaults.
struct AttributeSettings {
  private static let smallestMemory = 32 << 20

  var job = AttributionJob.Settings()
  /// Where the answers go.
  let target: TargetOptions.Choice

  /// What is of the stream's log goes to standard output, unless told otherwise.
  ///
  /// - Throws: `.usage`, before anything is touched.
  init(_ options: AttributeOptions, _ target: TargetOptions, ofLog isOfLog: Bool) throws {
    let configuration = try options.config.configuration(of: .batchJob)
    self.target = try target.choice(
      configuration,
      for: "batch-job attribute",
      otherwise: isOfLog ? .files("-") : nil
    )
    if let window = try configuration.value("window", option: options.window) {
      job.rule.window = window
    }
    guard job.rule.window.microseconds.isMultiple(of: 1_000_000) else {
      throw Failure(
        .usage,
        "could not use the window \(job.rule.window.durationText): expected whole seconds",
        hint: "Write --window 90s, 10m or 1h."
      )
    }
    job.rule.emission = .final
    job.workers =
      try configuration.value("workers", option: options.workers)?.count
      ?? ProcessInfo.processInfo.activeProcessorCount
    job.memoryByteCount =
      try configuration.value("memory", option: options.memory)?.byteCount
      ?? Int(ProcessInfo.processInfo.physicalMemory / 2)
    guard job.memoryByteCount >= Self.smallestMemory else {
      throw Failure(
        .usage,
        "could not use a memory of \(job.memoryByteCount) bytes: expected 32MiB at least",
        hint: "Write --memory 64MiB or more."
      )
    }
    job.maximumBadRows =
      try configuration.value("max-bad-rows", option: options.maxBadRows)?.count ?? .max
    job.temporaryDirectory =
      ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/var/tmp"
  }
}

extension AttributeSettings {
  /// The output replaces what has its name: that must be none of the files to read.
  func refuseTarget(among files: [InputFile]) throws(Failure) {
    guard case .files(let path) = target, let file = files.first(where: { $0.stands(at: path) })
    else { return }
    throw Failure(
      .usage,
      "could not write to \(path): \(file.path) is to be read",
      hint: "Name another file by --out."
    )
  }

  /// Makes a database ready before the files are read.
  func prepareTarget() throws(ConnectorError) -> AttributeTarget {
    switch target {
    case .files(let path): .file(path)
    case .database(let choice): .database(try choice.prepare().address)
    }
  }
}
