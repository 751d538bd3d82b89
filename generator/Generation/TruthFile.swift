import Connect
import Dataflow
import Events
import Foundation

/// The answers as CSV: checkout_id, user_id, checkout_timestamp, attributed_click_id,
/// first_click_timestamp, clicks_in_window, revenue; empty fields for NULL.
final class TruthFile {
  private static let header =
    "checkout_id,user_id,checkout_timestamp,attributed_click_id,first_click_timestamp,"
    + "clicks_in_window,revenue\n"
  private static let byteCount = 256 << 10
  private static let longestRow = 256

  private let path: String
  private let descriptor: Int32
  private let memory: UnsafeMutableRawBufferPointer
  private var filled = 0
  private let catalog: Catalog
  private let users: Users
  private var timestamps = TimeWriter()

  /// Makes the file, or empties it.
  init(path: String, catalog: Catalog, users: Users) throws(ConnectorError) {
    self.path = path
    self.catalog = catalog
    self.users = users
    memory = .allocate(byteCount: Self.byteCount, alignment: 64)
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("make") }
    memory.copyBytes(from: Self.header.utf8)
    filled = Self.header.utf8.count
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    memory.deallocate()
  }

  func append(
    _ checkout: Event,
    clicksInWindow: Int,
    firstClick: (time: EventTime, serial: UInt64)?
  ) throws(ConnectorError) {
    if filled > Self.byteCount - Self.longestRow { try flush() }
    guard let base = memory.baseAddress else { return }
    var line = LineCursor(next: base + filled)
    line.append("chk_")
    line.appendHexadecimal(checkout.serial)
    line.append(",")
    users.appendID(checkout.user, to: &line)
    line.append(",")
    line.append(checkout.time, by: &timestamps)
    line.append(",")
    if let firstClick {
      line.append("clk_")
      line.appendHexadecimal(firstClick.serial)
      line.append(",")
      line.append(firstClick.time, by: &timestamps)
    } else {
      line.append(",")
    }
    line.append(",")
    line.appendDecimal(UInt64(clicksInWindow))
    line.append(",")
    line.append(hundredths: catalog.total(of: checkout))
    line.append("\n")
    filled = line.next - base
  }

  func flush() throws(ConnectorError) {
    var start = 0
    while start < filled, let base = memory.baseAddress {
      let written = write(descriptor, base + start, filled - start)
      if written < 0 && errno == EINTR { continue }
      guard written >= 0 else { throw failure("write") }
      start += written
    }
    filled = 0
  }

  private func failure(_ attempt: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "could not \(attempt) \"\(path)\": \(String(cString: strerror(errno)))",
      hint: "Name a file that this user may write to, on a disk with room."
    )
  }
}
