import Foundation
import TestSupport
import Testing

/// What a server says beside its answers.
@Suite struct NoticeTests {
  /// Such as that the versions of a collation differ, at each of a job's connections.
  @Test func `what a server notes while it lets somebody in is not printed`() throws {
    let server = try LoopbackListener { client in
      var bytes = [UInt8](repeating: 0, count: 1024)
      guard read(client, &bytes, bytes.count) > 0, LoopbackSocket.send(Self.welcome, to: client)
      else { return }
      // The first question has no answer.
      _ = read(client, &bytes, bytes.count)
    }
    defer { server.stop() }
    let address = "postgres://u@127.0.0.1:\(server.port)/d?sslmode=disable&gssencmode=disable"
    let outcome = try ProgramRun.run(
      "stream-job",
      ["verify", "--into", address],
      in: TemporaryDirectory()
    )
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("stream-job: lost the connection"), "\(outcome.errors)")
  }

  /// The login and a warning.
  private static let welcome: [UInt8] =
    message("R", [0, 0, 0, 0])
    + message("S", fields("server_version", "15.0"))
    + message("S", fields("server_encoding", "UTF8"))
    + message("N", fields("SWARNING", "C01000", "Mthe versions of a collation differ") + [0])
    + message("Z", Array("I".utf8))

  private static func message(_ kind: Unicode.Scalar, _ content: [UInt8]) -> [UInt8] {
    [UInt8(ascii: kind), 0, 0, 0, UInt8(content.count + 4)] + content
  }

  private static func fields(_ texts: String...) -> [UInt8] {
    texts.flatMap { Array($0.utf8) + [0] }
  }
}
