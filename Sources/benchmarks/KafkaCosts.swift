import Foundation
import Synchronization

/// The processor time that each part of a job from Kafka takes, and the rate that it leaves room for.
///
/// Broker, client and job share the machine's cores: together they keep all of them busy at
///
///     cores / (job from files + bare consuming + broker)        processor time an event of each
///
/// events a second. Where the job from files has all cores busy, 90 % of its rate is out of reach once
/// client and broker take more than a ninth of its processor time; the share of this rate says what was
/// made of the machine. Each part is as measured last, in turns, so that all meet the same noise.
final class KafkaCosts: Sendable {
  enum Part: CaseIterable {
    case fileJob, bareConsuming, broker
  }

  private let seconds = Mutex<[Part: Double]>([:])

  /// - Parameters:
  ///   - part: what was measured.
  ///   - each: seconds of processor time for one event.
  func note(_ part: Part, seconds each: Double) { seconds.withLock { $0[part] = each } }

  /// Events a second that would keep all cores busy; nil unless every part was measured.
  var mostPerSecond: Double? {
    let parts = seconds.withLock { $0 }
    guard Part.allCases.allSatisfy({ parts[$0] != nil }) else { return nil }
    return Double(ProcessInfo.processInfo.activeProcessorCount) / parts.values.reduce(0, +)
  }
}

extension KafkaTopics {
  /// Consumes everything once, to know what that alone takes.
  ///
  /// - Throws: what keeps a client from being made.
  func noteBareConsuming() throws {
    let start = ProcessorTime.seconds
    let count = try consumeRaw()
    costs.note(.bareConsuming, seconds: (ProcessorTime.seconds - start) / Double(count))
  }

  /// Adds to the figures of a job from Kafka what the broker takes meanwhile, and the share of the
  /// rate that the machine has room for.
  func besideBroker(_ run: () throws -> Outcome) rethrows -> Outcome {
    let brokerStart = BrokerTime.seconds(of: broker)
    let start = ContinuousClock.now
    var outcome = try run()
    let rate = Double(lineCount) / (start.duration(to: .now) / .seconds(1))
    let each = (BrokerTime.seconds(of: broker) - brokerStart) / Double(lineCount)
    outcome.figures.append(.init(name: "ns broker CPU each", value: each * 1e9))
    costs.note(.broker, seconds: each)
    if let most = costs.mostPerSecond {
      outcome.figures.append(.init(name: "% of the machine's limit", value: rate / most * 100))
    }
    return outcome
  }
}
