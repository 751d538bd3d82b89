import Connect
import Dataflow
import Foundation
import TestSupport
import Testing

/// stream-job as a user points it at streams, right and wrong.
@Suite(.mostlyWaits) struct KinesisTroubleTests {
  @Test func `the doctor says what it found of the streams`() throws {
    let trial = try KinesisTrial()
    try trial.generate(events: 500, seed: 1)
    try trial.deliver()
    let doctor = try trial.start(["doctor", "--from", trial.uri]).wait()
    let lines = doctor.output.split(separator: "\n").map(String.init)
    #expect(lines.contains("ok    Kinesis: region eu-west-1 at \(trial.kinesis.address)"))
    #expect(
      lines.contains("ok    stream \"shop-clicks\": 3 open shards, keeps records for 24 h")
    )
    #expect(
      lines.contains("ok    stream \"shop-checkouts\": 2 open shards, keeps records for 24 h")
    )
    #expect(lines.contains { $0.hasPrefix("ok    clock: within ") })
    #expect(lines.contains("ok    log: \(trial.uri) has 6 slices of each stream"))
    #expect(doctor.exitCode == 0, "\(doctor.output)\(doctor.errors)")
    trial.kinesis.setClock(ahead: .minutes(-2))
    let skewed = try trial.start(["doctor", "--from", trial.uri]).wait()
    #expect(
      skewed.output.contains("warn  clock: this machine's is 2 min 0 s ahead of the service's")
        || skewed.output.contains("warn  clock: this machine's is 2 min 1 s ahead of the service's"),
      "\(skewed.output)"
    )
  }

  @Test(arguments: ["DescribeStreamSummary", "ListShards", "GetShardIterator", "GetRecords"])
  func `a refused action is named, with what it was refused on`(action: String) throws {
    let trial = try KinesisTrial()
    trial.kinesis.onCall {
      guard $0.action == action else { return nil }
      return .refuse(status: 400, code: "AccessDeniedException", message: "not authorized")
    }
    let outcome = try trial.startWorker(["--until-end"]).wait()
    #expect(outcome.exitCode == 1)
    let line = outcome.errorLines.last ?? ""
    #expect(line.contains("could not call kinesis:\(action) on "), "\(outcome.errors)")
    #expect(line.contains("stream \"shop-"))
    #expect(line.contains("AccessDeniedException: not authorized"))
    #expect(line.contains("; give the credentials' user or role the right kinesis:\(action) on"))
    let doctor = try trial.start(["doctor", "--from", trial.uri]).wait()
    #expect(doctor.output.contains("fail  Kinesis: could not call kinesis:\(action) on "))
    #expect(doctor.exitCode == 1)
  }

  @Test func `what cannot be reached is one clear line`() throws {
    let trial = try KinesisTrial()
    let missing = try trial.start(
      ["run", "--from", trial.kinesis.uri("shopp"), "--until-end"]
    ).wait()
    #expect(missing.exitCode == 1)
    let absence = """
      stream-job: could not call kinesis:DescribeStreamSummary on stream "shopp-clicks" at \
      \(trial.kinesis.address): there is no such stream in region eu-west-1; see the region and the \
      prefix, or have `swift run generator --to \(trial.kinesis.uri("shopp"))` make both streams
      """
    #expect(missing.errorLines.last == absence)
    let elsewhere = trial.uri.replacing("eu-west-1", with: "us-east-1")
    let region = try trial.start(["run", "--from", elsewhere, "--until-end"]).wait()
    #expect(region.exitCode == 1)
    let mismatch = """
      stream-job: could not call kinesis:DescribeStreamSummary on stream "shop-clicks" at \
      \(trial.kinesis.address): InvalidSignatureException: The request signature we calculated does \
      not match the signature you provided. (HTTP status 400); see that the secret access key belongs \
      to the access key, and the region is the endpoint's
      """
    #expect(region.errorLines.last == mismatch)
    let anonymous = try trial.startWorker(
      ["--until-end"],
      environment: [
        "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
        "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_CONFIG_FILE": "none",
      ]
    ).wait()
    #expect(anonymous.exitCode == 1)
    let nameless = anonymous.errorLines.last ?? ""
    #expect(
      nameless.hasPrefix(
        "stream-job: could not call kinesis:DescribeStreamSummary on stream \"shop-clicks\" at "
          + "\(trial.kinesis.address): found no AWS credentials in "
      ),
      "\(anonymous.errors)"
    )
    let plain = try trial.start(
      ["run", "--from", "kinesis://eu-west-1/shop?endpoint=http://10.0.0.1:1"]
    ).wait()
    #expect(plain.exitCode == 2)
    #expect(
      plain.errorLines.last
        == "stream-job: endpoint \"http://10.0.0.1:1\" of the stream's URI is not "
        + "https, and 10.0.0.1 is not this machine; write https://10.0.0.1; http:// is for localhost "
        + "and 127.0.0.1"
    )
  }

  @Test(arguments: ["DescribeStreamSummary", "CreateStream", "ListShards", "PutRecords"])
  func `the generator names a refused action, with what it was refused on`(action: String) throws {
    let trial = try KinesisTrial()
    // The streams of this prefix are made first.
    let uri = trial.kinesis.uri(action == "CreateStream" ? "bazaar" : "shop")
    trial.kinesis.onCall {
      guard $0.action == action else { return nil }
      return .refuse(status: 400, code: "AccessDeniedException", message: "not authorized")
    }
    let outcome = try trial.job.start(
      "generator",
      ["--to", uri, "--events", "100", "--max-speed", "--create-streams"],
      environment: trial.kinesis.environment
    ).wait()
    #expect(outcome.exitCode == 1)
    let line = outcome.errorLines.last ?? ""
    let prefix = action == "CreateStream" ? "bazaar" : "shop"
    #expect(
      line.contains("could not call kinesis:\(action) on stream \"\(prefix)-"),
      "\(outcome.errors)"
    )
    #expect(line.contains("AccessDeniedException: not authorized"))
    #expect(line.contains("; give the credentials' user or role the right kinesis:\(action) on"))
  }

  @Test func `a role that is refused is named`() throws {
    let trial = try KinesisTrial()
    // No service of tokens: the fake refuses everything that it does not know.
    let config = trial.job.directory.url.appending(path: "config")
    try Data(
      """
      [profile shop]
      role_arn = arn:aws:iam::123456789012:role/streams
      source_profile = keys
      region = eu-west-1
      [profile keys]
      aws_access_key_id = A
      aws_secret_access_key = s
      """.utf8
    ).write(to: config)
    let outcome = try trial.startWorker(
      ["--until-end"],
      environment: [
        "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "shop",
        "AWS_CONFIG_FILE": config.path, "AWS_SHARED_CREDENTIALS_FILE": "none",
        "AWS_ENDPOINT_URL_STS": trial.kinesis.address,
      ]
    ).wait()
    #expect(outcome.exitCode == 1)
    let line = outcome.errorLines.last ?? ""
    #expect(line.contains("could not call kinesis:DescribeStreamSummary on stream \"shop-clicks\""))
    #expect(line.contains("role arn:aws:iam::123456789012:role/streams"), "\(outcome.errors)")
  }

  @Test func `another number of slices is refused`() throws {
    let trial = try KinesisTrial()
    try trial.generate(events: 500, seed: 2)
    try trial.deliver()
    try trial.expectRightEnd()
    let outcome = try trial.startWorker(
      ["--until-end"],
      environment: ["FIRSTCLICK_KINESIS_SLICES": "7"]
    ).wait()
    #expect(outcome.exitCode == 1)
    let line = outcome.errorLines.last ?? ""
    #expect(line.contains(", 6 slices: expected kinesis:eu-west-1/shop "), "\(line)")
    #expect(line.contains(", 7 slices; name another database for this log"))
  }

  @Test(arguments: [
    ("SLICES", "0", "a number from 1 to 1024"), ("SLICES", "many", "a number from 1 to 1024"),
    ("POLL_INTERVAL", "199ms", "a duration from 200ms to 10s"),
    ("MEMORY", "1KiB", "a size of at least 1MiB, such as 256MiB"),
  ])
  func `a setting that cannot be read is named`(
    name: String,
    value: String,
    expected: String
  ) throws {
    let trial = try KinesisTrial()
    let outcome = try trial.startWorker(
      environment: ["FIRSTCLICK_KINESIS_\(name)": value]
    ).wait()
    #expect(outcome.exitCode == 2)
    #expect(
      outcome.errorLines.last == "stream-job: could not read FIRSTCLICK_KINESIS_\(name): expected "
        + "\(expected), found \"\(value)\""
    )
  }

  /// By the age of the position; or, where retention was shortened, by the service's refusal.
  @Test(arguments: [false, true])
  func `records that retention has removed end the job, or are skipped and listed`(
    isRefused: Bool
  ) throws {
    let trial = try KinesisTrial(clicks: 1, checkouts: 1)
    try trial.generate(events: 2000, seed: 3)
    try trial.deliver(upTo: 0.5)
    #expect(try trial.startWorker(["--until-end"]).wait().exitCode == 0)
    if isRefused {
      trial.kinesis.withState { $0.refusesTrimmed = true }
    } else {
      // As if the job had stood still for two days.
      try trial.job.query(
        """
        UPDATE ecommerce.stream_progress
        SET clicks_position = regexp_replace(clicks_position, ':[0-9]+$', ':1700000000000'),
          clicks_rebuild_position = regexp_replace(clicks_position, ':[0-9]+$', ':1700000000000')
        """
      )
    }
    try trial.deliver()
    trial.kinesis.withState {
      $0.trim("shardId-000000000000", of: "shop-clicks", recordCount: 1200)
    }
    let refused = try trial.startWorker(["--until-end"]).wait()
    #expect(refused.exitCode == 1)
    #expect(
      refused.errors.contains(
        "; --on-gap skip goes on with the oldest records and lists the gap in log_gaps"
      ),
      "\(refused.errors)"
    )
    #expect(
      refused.errors.contains(
        isRefused
          ? ": kinesis:GetShardIterator on shard shardId-000000000000 of stream \"shop-clicks\" was "
            + "refused with InvalidArgumentException: "
          : ": the stream keeps records for 1d, and shardId-000000000000 may have had more"
      ),
      "\(refused.errors)"
    )
    let skipped = try trial.startWorker(["--until-end", "--on-gap", "skip"]).wait()
    #expect(skipped.exitCode == 0, "\(skipped.errors)")
    try trial.job.expectLaw()
    let gaps = try trial.job.query(
      "SELECT DISTINCT stream, task FROM ecommerce.log_gaps ORDER BY task"
    )
    #expect(gaps == (0..<KinesisTrial.slices).map { ["clicks", "\($0)"] })
  }

  @Test func `dead letters say shard and sequence number`() throws {
    let trial = try KinesisTrial(clicks: 1, checkouts: 1)
    let number = try trial.kinesis.withState { state in
      try state.store(
        Array("nonsense".utf8),
        partitionKey: "u",
        in: "shop-clicks",
        at: .wallClock
      )["SequenceNumber"] ?? ""
    }
    #expect(try trial.startWorker(["--until-end"]).wait().exitCode == 0)
    let rows = try trial.job.query(
      "SELECT stream, log_offset, log_position FROM ecommerce.dead_letters"
    )
    #expect(rows == [["clicks", "0", "shardId-000000000000:\(number)"]])
  }
}
