import Connect
import FileInput
import Foundation
import PostgresConnect
import TestSupport
import Testing

@testable import InboxPipeline

/// Inboxes that are full, one way or another.
@Suite struct InboxLoadTests {
  @Test func `ten thousand small files are one batch`() throws {
    let trial = try InboxTrial()
    try trial.put("products.csv", ShopFiles.products)
    let count = 5_000
    for number in 1...count {
      try trial.put(
        "orders_\(number).csv",
        ShopFiles.orderHeader
          + ShopFiles.order(number, user: number % 100, on: "2026-11-\(10 + number % 10)")
      )
      try trial.put(
        "order_items_\(number).csv",
        ShopFiles.itemHeader + ShopFiles.item(number, order: number, "1.01")
      )
    }
    let result = try trial.run()
    #expect(result.status == .succeeded)
    #expect(result.validFiles.count == 2 * count + 1)
    #expect(result.days.count == 10)
    #expect(trial.names(in: "input").isEmpty)
    #expect(trial.names(in: "archive").count == 2 * count + 1)
    #expect(
      try trial.query("SELECT sum(total_orders), sum(total_revenue) FROM order_kpis")
        == [["\(count)", "5050.00"]]
    )
  }

  @Test(.enabled(if: Tmpfs.isMountable, "needs root, to mount a file system of 1 MiB"))
  func `on a full disk a run is brought to its end once there is room`() throws {
    let disk = try Tmpfs(byteCount: 1 << 20)
    let trial = try InboxTrial()
    trial.settings.inbox = try InboxDirectory(root: disk.path)
    try trial.settings.inbox.prepare()
    for (name, text) in [
      ("products.csv", ShopFiles.products), ("orders.csv", ShopFiles.orders),
      ("order_items.csv", ShopFiles.items),
    ] {
      let path = "\(disk.path)/input/\(name)"
      try text.write(toFile: path, atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -60)],
        ofItemAtPath: path
      )
    }
    try disk.fill()
    let error = #expect(throws: ConnectorError.self) { try trial.makePipeline().runOnce() }
    #expect(error?.message.hasSuffix("No space left on device") == true)
    #expect(error?.hint?.hasPrefix("Free space there") == true)
    try disk.clear()
    #expect(try trial.makePipeline().runOnce()?.status == .succeeded)
    #expect(try trial.days() == ["2026-11-20 2 24.50 3 2 50.00"])
    let results = try FileManager.default.contentsOfDirectory(atPath: "\(disk.path)/results")
    #expect(results.count == 2)
    #expect(
      try trial.query("SELECT status, is_settled FROM pipeline_runs") == [["SUCCEEDED", "t"]]
    )
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(disk.path)/input").isEmpty)
  }
}

/// A small file system of its own, unmounted when the value goes away.
private final class Tmpfs {
  let path: String

  static let isMountable: Bool = (try? Tmpfs(byteCount: 1 << 20)) != nil

  struct NotMounted: Error {}

  init(byteCount: Int) throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("firstclick-disk-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(byteCount)") == 0 else {
      rmdir(path)
      throw NotMounted()
    }
  }

  deinit {
    umount2(path, Int32(2))  // MNT_DETACH
    rmdir(path)
  }

  /// Writes until nothing more fits.
  func fill() throws {
    let file = open("\(path)/filler", O_WRONLY | O_CREAT, 0o600)
    let block = [UInt8](repeating: 1, count: 4096)
    while write(file, block, block.count) > 0 {}
    close(file)
  }

  func clear() throws { try FileManager.default.removeItem(atPath: "\(path)/filler") }
}
