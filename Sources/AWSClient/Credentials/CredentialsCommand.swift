import Connect
import Foundation

/// Credentials that a program prints: the setting `credential_process` of a profile.
///
///     {"Version": 1, "AccessKeyId": "...", "SecretAccessKey": "...",
///      "SessionToken": "...", "Expiration": "2026-11-21T08:15:30Z"}      the last two may be missing
///
/// No shell runs it; its standard error is this program's. Source: "Process credential provider", AWS
/// SDKs and Tools Reference Guide.
struct CredentialsCommand {
  private static let greatestOutput = 64 << 10

  private let words: [String]
  private let profile: Profile
  private let timeLimit: Duration

  /// - Throws: `.permanent` for a command that is no words.
  init(
    _ command: String,
    of profile: Profile,
    timeLimit: Duration = .seconds(60)
  ) throws(ConnectorError) {
    guard let words = CommandWords.split(command) else {
      throw ConnectorError(
        .permanent,
        "could not read credential_process of the AWS profile \"\(profile.name)\" in "
          + "\(profile.place): expected words, every quote closed",
        hint: "write credential_process = /path/program --option \"a word\""
      )
    }
    self.words = words
    self.profile = profile
    self.timeLimit = timeLimit
  }

  /// Runs the command to its end.
  ///
  /// - Throws: `.permanent` when it does not run or end well, or prints something else.
  func credentials() throws(ConnectorError) -> Credentials {
    struct Document: Decodable {
      var Version: Int
      var AccessKeyId: String
      var SecretAccessKey: String
      var SessionToken: String?
      var Expiration: String?
    }
    let output = try run()
    guard let document = try? JSONDecoder().decode(Document.self, from: output) else {
      throw failure("expected a JSON object with Version, AccessKeyId and SecretAccessKey of it")
    }
    guard document.Version == 1 else {
      throw failure("expected Version 1 of it, found \(document.Version)")
    }
    let expiration = document.Expiration.map { CredentialsExchange.time($0) }
    if case .some(nil) = expiration { throw failure("expected an ISO 8601 time as its Expiration") }
    return Credentials(
      accessKeyID: document.AccessKeyId,
      secretAccessKey: document.SecretAccessKey,
      sessionToken: document.SessionToken,
      expiration: expiration ?? nil,
      source: "the credential_process of the profile \"\(profile.name)\" in \(profile.place)"
    )
  }

  private func run() throws(ConnectorError) -> Data {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw failure(POSIXError(errno).text) }
    defer { close(ends[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    do {
      let command = try start(writingTo: ends[1])
      let deadline = ContinuousClock.now + timeLimit
      let output = read(ends[0], until: deadline)
      let rest = max(.zero, ContinuousClock.now.duration(to: deadline))
      // One that prints too much, or does not end, is not waited for.
      guard let output, let code = try command.waitForEnd(within: rest) else {
        kill(-command.id, SIGKILL)
        _ = try command.waitForEnd()
        throw failure(
          "it did not end within \(timeLimit.components.seconds) s, with at most "
            + "\(Self.greatestOutput) bytes of output"
        )
      }
      guard code == 0 else {
        throw failure(code < 128 ? "it ended with exit code \(code)" : "signal \(code - 128)")
      }
      return output
    } catch let error as POSIXError {
      throw failure(error.text)
    } catch let error as ConnectorError {
      throw error
    } catch {
      throw failure("\(error)")
    }
  }

  /// Closes the descriptor, which the command alone is to hold.
  private func start(writingTo descriptor: Int32) throws -> ChildProcess {
    defer { close(descriptor) }
    return try ChildProcess(
      words[0],
      words: words,
      output: .descriptor(descriptor),
      errors: .descriptor(STDERR_FILENO),
      group: .own
    )
  }

  /// Everything up to the end; nil when that is too much, or does not come.
  private func read(_ descriptor: Int32, until deadline: ContinuousClock.Instant) -> Data? {
    var output = Data()
    var piece = [UInt8](repeating: 0, count: 4096)
    while output.count <= Self.greatestOutput {
      let rest = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
      guard rest > 0 else { return nil }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&request, 1, Int32(rest.rounded(.up)))
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { return nil }
      let count = Foundation.read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? output : nil }
      output += piece[..<count]
    }
    return nil
  }

  private func failure(_ cause: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "could not get credentials from credential_process of the AWS profile \"\(profile.name)\" in "
        + "\(profile.place), the program \(words[0]): \(cause)",
      hint: "run it by hand: it has to print one JSON object"
    )
  }
}
