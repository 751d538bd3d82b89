import Connect
import InboxPipeline
import PostgresConnect

/// Where a pipeline stands, for people and for programs.
struct PipelineReport: Encodable {
  struct LeaseLine: Encodable {
    var holder: String?
    var isLive: Bool
    var inbox: String?
    var step: String?
    var renewedAt: String?
    var token: Int64
  }

  struct NextRun: Encodable {
    var process: Int32
    var time: String
  }

  var inbox: String
  var lastRuns: [RunRecord]
  var lease: LeaseLine?
  var waitingFiles: [String]
  var otherFiles: [String: String]
  var nextRun: NextRun?

  init(
    of inbox: InboxDirectory,
    on connection: PostgresConnection,
    runLimit: Int,
    next: (process: Int32, time: String)?
  ) throws(ConnectorError) {
    self.inbox = inbox.root
    lastRuns = try RunRecord.last(runLimit, on: connection)
    lease = try Lease.state(on: connection).map { state in
      LeaseLine(
        holder: state.holderName,
        isLive: state.isLive,
        inbox: state.inbox,
        step: state.step,
        renewedAt: state.renewedAt,
        token: state.token
      )
    }
    let listing = try InboxListing(of: inbox)
    waitingFiles = listing.files.map(\.name)
    otherFiles = Dictionary(
      listing.others.map { ($0.name, $0.reason) },
      uniquingKeysWith: { first, _ in first }
    )
    nextRun = next.map { NextRun(process: $0.process, time: $0.time) }
  }

  var text: String {
    var lines = ["inbox     \(inbox)"]
    lines.append("lease     \(leaseText)")
    lines.append(
      "next run  \(nextRun.map { "\($0.time), by process \($0.process)" } ?? "none due")"
    )
    lines.append("waiting   \(waitingText)")
    for (name, reason) in otherFiles.sorted(by: { $0.key < $1.key }) {
      lines.append("other     \(name): \(reason)")
    }
    lines += lastRuns.map { "run       \($0.text)" }
    if lastRuns.isEmpty { lines.append("run       none yet") }
    return lines.joined(separator: "\n")
  }

  private var leaseText: String {
    guard let lease, let holder = lease.holder else { return "free" }
    guard lease.isLive else { return "left by \(holder), free for the next run" }
    return "held by \(holder), step \(lease.step ?? "begin")"
  }

  private var waitingText: String {
    guard !waitingFiles.isEmpty else { return "no files" }
    let names = waitingFiles.prefix(5).joined(separator: ", ")
    return "\(waitingFiles.count) files: \(names)\(waitingFiles.count > 5 ? ", ..." : "")"
  }
}

extension RunRecord {
  fileprivate var text: String {
    "\(run)  \(status)\(isSettled ? "" : " (not settled)"), \(validFiles) valid files, "
      + "\(invalidFiles) invalid" + (message.map { ": \($0)" } ?? "")
  }
}
