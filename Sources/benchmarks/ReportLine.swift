import Foundation

/// One measurement as a line of JSON, with all that is needed to compare it later.
struct ReportLine: Encodable {
  let name: String
  let unit: String
  let count: Int
  let byteCount: Int?
  let runs: Int
  let medianSeconds: Double
  let minSeconds: Double
  let maxSeconds: Double
  let unitsPerSecond: Double
  let nanosecondsPerUnit: Double
  let limit: String?
  let ratioToLimit: Double?
  let figures: [String: Double]
  /// Hexadecimal; equal as long as input and output are.
  let checksum: String
  let machine: Machine

  init(_ measurement: Measurement, machine: Machine) {
    name = measurement.name
    unit = measurement.unit.rawValue
    count = measurement.count
    byteCount = measurement.byteCount
    runs = measurement.seconds.count
    medianSeconds = measurement.medianSeconds
    minSeconds = measurement.leastSeconds
    maxSeconds = measurement.mostSeconds
    unitsPerSecond = measurement.rate
    nanosecondsPerUnit = measurement.nanosecondsPerUnit
    limit = measurement.limit?.name
    ratioToLimit = measurement.limit?.ratio
    figures = Dictionary(
      measurement.outcome.figures.map { ($0.name, $0.value) },
      uniquingKeysWith: { $1 }
    )
    checksum = String(measurement.outcome.checksum, radix: 16)
    self.machine = machine
  }

  /// The line with its line end.
  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }
}
