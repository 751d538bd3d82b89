import Connect
import Dataflow
import Foundation
import KinesisConnect
import Programs

/// The Kinesis service: streams, what the credentials may do, and clocks.
struct KinesisCheck {
  /// How far clocks may differ without a word.
  private static let tolerance = EventSpan.seconds(5)

  let settings: KinesisSettings
  let futureGuard: EventSpan?

  func findings() -> [Finding] {
    do throws(ConnectorError) {
      let inspection = ServiceInspection(
        settings,
        environment: ProcessInfo.processInfo.environment
      )
      var findings = [Finding.ok("Kinesis", "region \(settings.region) at \(settings.endpoint)")]
      for stream in StreamKind.allCases { findings.append(try self.stream(stream, inspection)) }
      for stream in StreamKind.allCases { findings.append(try reading(stream, inspection)) }
      if let skew = inspection.clockSkew { findings.append(clock(skew)) }
      return findings
    } catch {
      return [.fail("Kinesis", error)]
    }
  }

  private func stream(
    _ stream: StreamKind,
    _ inspection: ServiceInspection
  ) throws(ConnectorError) -> Finding {
    let summary = try inspection.describe(stream)
    let name = "stream \"\(summary.name)\""
    let text =
      "\(summary.openShardCount) open shards, keeps records for \(summary.retentionHours) h"
    switch summary.status {
    case .active, .updating: return .ok(name, text)
    case .creating:
      return .warn(name, "is being made", advice: "Start the job once it is active.")
    case .deleting:
      return .fail(name, "is being deleted", advice: "Make it anew, or name another prefix.")
    }
  }

  /// Calls what a job calls.
  private func reading(
    _ stream: StreamKind,
    _ inspection: ServiceInspection
  ) throws(ConnectorError) -> Finding {
    let age = try inspection.readOne(of: stream)
    let text = "these credentials may read it"
    return .ok(
      "stream \"\(settings.streamName(of: stream))\"",
      age.map { "\(text); its first shard ends \(Figures.duration(.milliseconds($0))) ahead" }
        ?? text
    )
  }

  private func clock(_ skew: EventSpan) -> Finding {
    let distance = EventSpan(microseconds: abs(skew.microseconds))
    let text = Figures.duration(.microseconds(distance.microseconds))
    guard distance > Self.tolerance else {
      return .ok("clock", "within \(text) of the service's")
    }
    let isGuarded = futureGuard.map { distance > $0 } ?? false
    return .warn(
      "clock",
      "this machine's is \(text) \(skew.microseconds > 0 ? "behind" : "ahead of") the service's",
      advice: "Set it by NTP"
        + (isGuarded ? ": events so far ahead move no watermark." : ".")
    )
  }
}
