import Foundation

/// The measurements as a table for a terminal, a line as soon as its benchmark is done.
struct ReportTable {
  let nameWidth: Int

  init(names: [String]) { nameWidth = names.map(\.count).max() ?? 0 }

  func heading(_ machine: Machine) -> String {
    let swift = machine.swift.prefix { $0 != "(" }
    var about =
      "\(swift)| \(machine.cpu) | \(machine.cores) cores | load \(fixed(machine.load, 1))"
    if let commit = machine.commit { about += " | \(commit)" }
    let columns = row(
      name: "benchmark",
      size: "size",
      median: "median/s",
      slowest: "min/s",
      fastest: "max/s",
      each: "ns each",
      limit: "of its limit"
    )
    return about + "\n\n" + columns
  }

  func line(_ measurement: Measurement) -> String {
    let limit = measurement.limit.map { "\(fixed($0.ratio * 100, 0)) % of \($0.name)" } ?? ""
    let figures = measurement.outcome.figures.map { "\(short($0.value)) \($0.name)" }
    return row(
      name: measurement.name,
      size: "\(short(Double(measurement.count))) \(measurement.unit)",
      median: short(measurement.rate),
      slowest: short(measurement.slowestRate),
      fastest: short(measurement.fastestRate),
      each: fixed(measurement.nanosecondsPerUnit, 2),
      limit: ([limit].filter { !$0.isEmpty } + figures).joined(separator: ", ")
    )
  }

  private func row(
    name: String,
    size: String,
    median: String,
    slowest: String,
    fastest: String,
    each: String,
    limit: String
  ) -> String {
    let columns =
      name.padded(to: nameWidth) + size.aligned(in: 16) + median.aligned(in: 11)
      + slowest.aligned(in: 10) + fastest.aligned(in: 10) + each.aligned(in: 10)
    return limit.isEmpty ? columns : columns + "  " + limit
  }

  /// Three or four digits and a unit of thousands: `33.1 M`.
  private func short(_ value: Double) -> String {
    switch value {
    case 1e9...: fixed(value / 1e9, 2) + " G"
    case 1e6...: fixed(value / 1e6, 2) + " M"
    case 1e3...: fixed(value / 1e3, 1) + " k"
    default: fixed(value, value == value.rounded() ? 0 : 1)
    }
  }

  private func fixed(_ value: Double, _ digits: Int) -> String {
    value.formatted(.number.grouping(.never).precision(.fractionLength(digits)))
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
  fileprivate func aligned(in width: Int) -> String {
    String(repeating: " ", count: max(1, width - count)) + self
  }
}
