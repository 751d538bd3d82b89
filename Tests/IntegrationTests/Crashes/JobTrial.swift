import Foundation
import PostgresConnect
import TestSupport
import Testing

/// A generated log, a database and the job between them, judged by two referees.
///
///     generator -> log -> stream-job -> PostgreSQL <- verify: the plain SQL over the stored rows
///         |                                 ^
///         +-> truth file -------------------+ every checkout once, with the answer as it was made
///
/// Processes that still run are killed when it goes away.
final class JobTrial {
  let address: PostgresAddress
  let directory: TemporaryDirectory
  /// The checkouts of a generated log.
  private(set) var checkoutCount = 0
  private var processes: [ProgramRun] = []

  /// What a log has of everything that goes wrong.
  static let flaws = [
    "--late", "0.01", "--duplicates", "0.02", "--orphans", "0.02", "--malformed", "0.003",
    "--ties", "0.02", "--edges", "0.02", "--disorder", "4m",
  ]
  /// As many commits as the log has reads.
  static let smallCommits = ["--commit-interval", "1ms", "--commit-size", "1KiB"]

  /// A trial on a database of its own on the shared cluster, unless `address` names one.
  init(address: PostgresAddress? = nil) throws {
    self.address = try address ?? TemporaryCluster.database()
    directory = try TemporaryDirectory()
  }

  deinit { processes.forEach { $0.end() } }

  // MARK: - Programs

  /// Starts a program with the database in its environment.
  func start(
    _ program: String,
    _ arguments: [String],
    environment: [String: String] = [:]
  ) throws -> ProgramRun {
    let database = ["DATABASE_URL": address.connectionString]
    let run = try ProgramRun.start(
      program,
      arguments,
      in: directory,
      environment: database.merging(environment) { $1 }
    )
    processes.append(run)
    return run
  }

  /// Starts the job on `log`.
  func startJob(
    _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws -> ProgramRun {
    try start(
      "stream-job",
      ["run", "--from", "file:log"] + arguments,
      environment: environment
    )
  }

  /// Runs the job to the end of `log`.
  func runJob(
    _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws -> ProgramRun.Outcome {
    try startJob(["--until-end"] + arguments, environment: environment).wait()
  }

  /// Generates a log of eight hours, with its truth file.
  func generate(
    events: Int,
    partitions: Int,
    seed: Int,
    to log: String = "log"
  ) throws {
    let outcome = try start(
      "generator",
      [
        "--to", "file:\(log)", "--events", "\(events)", "--partitions", "\(partitions)",
        "--seed", "\(seed)", "--users", "\(max(10, events / 75))", "--span", "8h", "--max-speed",
        "--truth", "truth.csv",
      ] + Self.flaws
    ).wait()
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
  }

  // MARK: - Referees

  /// Expects that the law holds at what is committed now, and that every record is accounted for.
  @discardableResult
  func expectLaw(
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Verdict {
    let outcome = try start("stream-job", ["verify", "--json"]).wait()
    let verdict = try JSONDecoder().decode(Verdict.self, from: Data(outcome.output.utf8))
    #expect(
      outcome.exitCode == 0 && verdict.holds
        && verdict.missing + verdict.unexpected + verdict.different == 0
        // Jobs killed before their first commit have stored nothing to balance.
        && (verdict.conservation.count == 2 || verdict.expected == 0)
        && verdict.conservation.values.allSatisfy(\.is_balanced),
      "\(outcome.output)\(outcome.errors)",
      sourceLocation: sourceLocation
    )
    return verdict
  }

  /// The figures of `verify --json` that tests look at.
  struct Verdict: Decodable {
    struct Stream: Decodable {
      var records: Int
      var dead_letters: Int
      var is_balanced: Bool
    }

    var holds: Bool
    var expected: Int
    var pending: Int
    var missing: Int
    var unexpected: Int
    var different: Int
    var conservation: [String: Stream]
    var records: Int { conservation.values.reduce(0) { $0 + $1.records } }
  }

  /// Expects every checkout of the truth file once, answered as it was made.
  func expectTruth(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let truth = try String(
      contentsOf: directory.url.appendingPathComponent("truth.csv"),
      encoding: .utf8
    )
    let found = try query(Self.comparison, [truth])
    let expected = truth.utf8.count { $0 == UInt8(ascii: "\n") } - 1
    #expect(expected > 0, sourceLocation: sourceLocation)
    #expect(
      found == [["\(expected)", "\(expected)", "0", nil]],
      "expected, stored, different, examples",
      sourceLocation: sourceLocation
    )
  }

  /// Runs to the end of the log and asks both referees; nothing may be pending then.
  func expectRightEnd(
    _ arguments: [String] = [],
    isTruthComparable: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try runJob(arguments)
    #expect(outcome.exitCode == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
    let verdict = try expectLaw(sourceLocation: sourceLocation)
    #expect(verdict.expected > 0 && verdict.pending == 0, sourceLocation: sourceLocation)
    if isTruthComparable { try expectTruth(sourceLocation: sourceLocation) }
  }

  /// Checkouts expected and stored, how many differ, and the first that do.
  private static let comparison = """
    WITH truth AS MATERIALIZED (
      SELECT string_to_array(line, ',') AS f
      FROM string_to_table($1, E'\\n') AS line
      WHERE line LIKE 'chk\\_%'
    ),
    differences AS (
      SELECT format('%s: expected %s, found %s', f[1], f, a) AS text
      FROM truth
      FULL JOIN ecommerce.attributed_checkouts AS a ON a.checkout_id = f[1] COLLATE "C"
      WHERE (
        f[1], f[2], f[3]::timestamptz, NULLIF(f[4], ''), NULLIF(f[5], '')::timestamptz,
        f[6]::integer, f[7]::numeric, true
      ) IS DISTINCT FROM (
        a.checkout_id, a.user_id, a.checkout_timestamp, a.attributed_click_id,
        a.first_click_timestamp, a.clicks_in_window, a.revenue, a.is_final
      )
    )
    SELECT
      (SELECT count(DISTINCT f[1]) FROM truth),
      (SELECT count(*) FROM ecommerce.attributed_checkouts),
      (SELECT count(*) FROM differences),
      (SELECT string_agg(text, E'\\n') FROM (SELECT text FROM differences LIMIT 5) AS d)
    """

  // MARK: - The database

  /// Asks the trial's database, on a connection of its own.
  @discardableResult
  func query(_ sql: String, _ parameters: [String?] = []) throws -> [[String?]] {
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    return try connection.query(sql, parameters)
  }

  /// Commits so far, of all tasks.
  func commitCount() throws -> Int { try sum("epoch") }

  /// Records whose reading is committed, of both streams and all tasks.
  func committedRecords() throws -> Int { try sum("clicks_records + checkouts_records") }

  private func sum(_ figure: String) throws -> Int {
    let rows = try query("SELECT coalesce(sum(\(figure)), 0) FROM ecommerce.stream_progress")
    return rows.first?.first.flatMap(\.self).flatMap { Int($0) } ?? 0
  }

  /// Tries again and again; gives up after two minutes, with what the job wrote.
  func wait(for job: ProgramRun, until condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while try !condition() {
      guard ContinuousClock.now < deadline else { throw InVain(errors: try job.errorsSoFar()) }
      usleep(10_000)
    }
  }

  /// What was waited for did not come.
  struct InVain: Error {
    var errors: String
  }
}
