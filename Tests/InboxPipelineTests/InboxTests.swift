import Connect
import Dataflow
import Foundation
import OrderKPIs
import TestSupport
import Testing

@testable import InboxPipeline

@Suite struct InboxTests {
  @Test(arguments: [
    ("products.csv", ShopTable.products), ("orders_2026-11-21.csv.gz", .orders),
    ("order_items.csv.zst", .orderItems), ("order_itemsX.csv", .orderItems),
    ("order.csv", nil), ("orders.json", nil), ("my_orders.csv", nil), ("orders.csv.part", nil),
    ("Orders.csv", nil), ("orders", nil),
  ])
  func `the beginning of a name tells the table, its end whether it is read`(
    name: String,
    table: ShopTable?
  ) {
    #expect(ShopTable(fileName: name) == table)
  }

  @Test func `what is no regular file is left alone, hidden files are not seen`() throws {
    let trial = try InboxTrial()
    try trial.put("orders.csv", "x")
    try trial.put(".orders.csv.tmp", "x")
    let input = "\(trial.root)/input"
    try FileManager.default.createDirectory(
      atPath: "\(input)/orders_directory.csv",
      withIntermediateDirectories: false
    )
    try FileManager.default.createSymbolicLink(
      atPath: "\(input)/orders_link.csv",
      withDestinationPath: "/nowhere"
    )
    let listing = try InboxListing(of: trial.settings.inbox)
    #expect(listing.files.map(\.name) == ["orders.csv"])
    #expect(listing.others.map(\.name) == ["orders_directory.csv", "orders_link.csv"])
    #expect(listing.others.allSatisfy { $0.reason == "expected a regular file" })
  }

  @Test func `a file dated later than nanoseconds count is processed as others are`() throws {
    let trial = try InboxTrial()
    trial.settings.quietPeriod = .seconds(0)
    try trial.put("products.csv", ShopFiles.products)
    try trial.put("orders.csv", ShopFiles.orders)
    try trial.put("order_items.csv", ShopFiles.items)
    // 2300-01-01.
    let date = timespec(tv_sec: 10_413_792_000, tv_nsec: 0)
    #expect(utimensat(AT_FDCWD, "\(trial.root)/input/orders.csv", [date, date], 0) == 0)
    #expect(try trial.run().status == .succeeded)
    #expect(try trial.days() == ["2026-11-20 2 24.50 3 2 50.00"])
  }

  @Test func `a file is quiet when it is old enough, or was watched for long enough`() throws {
    let trial = try InboxTrial()
    try trial.put("orders.csv", "x", age: 100)
    try trial.put("orders_new.csv", "x", age: 1)
    // Ahead of the clock, as on another machine's file system.
    try trial.put("orders_ahead.csv", "x", age: -1000)
    let now = EventTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    var period = QuietPeriod(.seconds(10))
    func quiet(after seconds: Int64) throws -> [String] {
      let files = try InboxListing(of: trial.settings.inbox).files
      return period.split(files, at: now + .seconds(seconds)).quiet.map(\.name).sorted()
    }
    #expect(try quiet(after: 0) == ["orders.csv"])
    #expect(try quiet(after: 9) == ["orders.csv", "orders_new.csv"])
    try trial.put("orders_ahead.csv", "xy", age: -1000)
    #expect(try quiet(after: 11) == ["orders.csv", "orders_new.csv"])
    #expect(try quiet(after: 20) == ["orders.csv", "orders_new.csv"])
    #expect(try quiet(after: 21) == ["orders.csv", "orders_ahead.csv", "orders_new.csv"])
  }

  @Test func `content is known by SHA-256`() throws {
    let trial = try InboxTrial()
    try trial.put("orders.csv", "abc")
    let file = try #require(try InboxListing(of: trial.settings.inbox).files.first)
    // FIPS 180-2, appendix B.1.
    #expect(
      try ContentHash(of: file).description
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
  }

  @Test func `a file that was replaced is not moved, one that slips in is put back`() throws {
    let trial = try InboxTrial()
    try trial.put("orders.csv", "old")
    let file = try #require(try InboxListing(of: trial.settings.inbox).files.first)
    try trial.put("orders.csv", "newer")
    let place = try InboxMove.place(
      for: file,
      in: "\(trial.root)/archive",
      run: RunID("run")
    )
    #expect(try !InboxMove.move(file, to: place, run: RunID("run")))
    #expect(try trial.text(of: "input/orders.csv") == "newer")
    #expect(trial.names(in: "archive").isEmpty)
  }

  @Test func `a name that is taken gets the run before it`() throws {
    let trial = try InboxTrial()
    try trial.settings.inbox.prepare()
    for text in ["first", "second"] {
      try trial.put("orders.csv", text)
      let file = try #require(try InboxListing(of: trial.settings.inbox).files.first)
      let place = try InboxMove.place(for: file, in: "\(trial.root)/rejected", run: RunID(text))
      #expect(try InboxMove.move(file, to: place, run: RunID(text)))
    }
    #expect(trial.names(in: "rejected") == ["orders.csv", "second-orders.csv"])
  }

  @Test(arguments: [".csv", ".csv.gz"])
  func `a name that is too long keeps its beginning and its ending`(ending: String) {
    let long = "orders" + String(repeating: "é", count: (255 - 6 - ending.count) / 2) + ending
    #expect(FittingName.of("orders\(ending)", companion: ".reason.json") == "orders\(ending)")
    #expect(FittingName.of(long) == long)
    let short = FittingName.of(long, companion: ".reason.json")
    #expect((240...243).contains(short.utf8.count))
    #expect(short.hasPrefix("orderséé") && short.hasSuffix(ending))
    #expect(short != FittingName.of("X" + long, companion: ".reason.json"))
  }

  @Test func `a name that is no UTF-8 is left alone`() throws {
    let trial = try InboxTrial()
    for name in ["orders\u{1}.csv", ".orders\u{1}.csv"] {
      let bytes = Array("\(trial.root)/input/\(name)".utf8).map { $0 == 1 ? 0xE9 : $0 } + [0]
      let descriptor = open(bytes.map { CChar(bitPattern: $0) }, O_CREAT | O_WRONLY, 0o600)
      #expect(descriptor >= 0)
      close(descriptor)
    }
    let listing = try InboxListing(of: trial.settings.inbox)
    #expect(listing.files.isEmpty)
    #expect(
      listing.others == [
        InboxListing.Other(name: "orders\u{FFFD}.csv", reason: "expected a name in UTF-8")
      ]
    )
  }

  @Test func `failures are counted by content, and outlive the process`() throws {
    let trial = try InboxTrial()
    try trial.settings.inbox.prepare()
    try trial.put("orders.csv", "abc")
    let file = try #require(try InboxListing(of: trial.settings.inbox).files.first)
    let taken = TakenFile(file: file, hash: try ContentHash(of: file))
    func failure(of run: Int) -> FailureLedger.Failure {
      FailureLedger.Failure(run: "\(run)", step: "stage", error: "e", failedAt: "t")
    }
    for run in 1...3 {
      var ledger = FailureLedger(of: trial.settings.inbox)
      #expect(try ledger.add(failure(of: run), of: taken).count == run)
      // A step that is tried again fails the same run.
      #expect(try ledger.add(failure(of: run), of: taken).count == run)
    }
    var ledger = FailureLedger(of: trial.settings.inbox)
    try ledger.forget([taken.hash])
    ledger = FailureLedger(of: trial.settings.inbox)
    #expect(try ledger.add(failure(of: 4), of: taken).count == 1)
    // A damaged ledger is begun anew.
    try "{".write(
      toFile: "\(trial.root)/.pipeline/failures.json",
      atomically: true,
      encoding: .utf8
    )
    ledger = FailureLedger(of: trial.settings.inbox)
    #expect(try ledger.add(failure(of: 4), of: taken).count == 1)
  }

  @Test func `failures that could not be saved are saved by the next try`() throws {
    let trial = try InboxTrial()
    try trial.settings.inbox.prepare()
    try trial.put("orders.csv", "abc")
    let file = try #require(try InboxListing(of: trial.settings.inbox).files.first)
    let taken = TakenFile(file: file, hash: try ContentHash(of: file))
    let failure = FailureLedger.Failure(run: "1", step: "stage", error: "e", failedAt: "t")
    var ledger = FailureLedger(of: trial.settings.inbox)
    /// A write that fails leaves nothing of what it has written, this link included.
    func fillDisk() {
      #expect(symlink("/dev/full", "\(trial.settings.inbox.state)/writing") == 0)
    }
    fillDisk()
    #expect(throws: ConnectorError.self) { try ledger.add(failure, of: taken) }
    #expect(try ledger.add(failure, of: taken).count == 1)
    #expect(try trial.json(of: ".pipeline/failures.json").count == 1)
    fillDisk()
    #expect(throws: ConnectorError.self) { try ledger.forget([taken.hash]) }
    try ledger.forget([taken.hash])
    #expect(try trial.json(of: ".pipeline/failures.json").isEmpty)
  }
}
