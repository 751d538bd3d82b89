package import ArgumentParser
import Connect
import Foundation
package import Logging
import Synchronization

/// The frame of the programs: arguments in, one line on stderr and SPEC's exit code out.
package enum Program {
  package static let version = "0.1.0"

  /// The program's name as it was called.
  package static var invokedName: String {
    CommandLine.arguments.first.map { String($0.split(separator: "/").last ?? "") } ?? ""
  }

  /// For what commands without a log level of their own have to say.
  package static var logger: Logger {
    Logger(label: invokedName) { ConsoleLog(name: $0, level: .info) }
  }

  /// Runs the command that the process's arguments name, and ends the process.
  ///
  /// Exit codes: 0 done, help and version included; 1 failed; 2 usage; 3 difference.
  package static func main(_ root: any ParsableCommand.Type) -> Never {
    StandardStreams.prepare()
    let name = root._commandName
    var code = run(root, named: name)
    do throws(Failure) {
      try StandardOutput.flush()
    } catch {
      let failed = complain(error, as: name)
      if code == 0 { code = failed }
    }
    noteEnd(code)
    exit(code)
  }

  /// What is to be done with the exit code.
  private static let endNote = Mutex<(@Sendable (Int32) -> Void)?>(nil)

  /// Makes `note` get the exit code before the process ends, unless a signal or a fault ends it.
  package static func onEnd(_ note: @escaping @Sendable (_ code: Int32) -> Void) {
    endNote.withLock { $0 = note }
  }

  /// For whatever ends the process; the first end is the one that counts.
  static func noteEnd(_ code: Int32) {
    endNote.withLock { note in
      note?(code)
      note = nil
    }
  }

  /// Runs the command that the process's arguments name.
  ///
  /// - Returns: the exit code, if its output can be written.
  private static func run(_ root: any ParsableCommand.Type, named name: String) -> Int32 {
    do {
      try refuseSecrets(in: CommandLine.arguments.dropFirst())
      var command = try root.parseAsRoot()
      try command.run()
      Console.shared.clearLine()
      return 0
    } catch {
      Console.shared.clearLine()
      return report(error, of: root, named: name)
    }
  }

  /// Writes the error's one line, or the help text if that is what was asked for.
  ///
  /// - Returns: the exit code.
  private static func report(
    _ error: any Error,
    of root: any ParsableCommand.Type,
    named name: String
  ) -> Int32 {
    switch error {
    case let failure as Failure:
      return complain(failure, as: name)
    case let error as ConnectorError:
      return complain(Failure(error), as: name)
    case let exit as ExitCode:
      return exit.rawValue
    default:
      let code = root.exitCode(for: error)
      if code == .success {
        print(root.fullMessage(for: error))
        return 0
      }
      let message = root.message(for: error)
      guard code == .validationFailure else {
        return complain(Failure(.failed, message), as: name)
      }
      return complain(
        Failure(.usage, message.withLowercaseStart, hint: "See `\(name) --help`."),
        as: name
      )
    }
  }

  private static func complain(_ failure: Failure, as name: String) -> Int32 {
    let line = failure.description.split(whereSeparator: \.isNewline).joined(separator: " ")
    Console.shared.write("\(name): \(line)")
    return failure.kind.rawValue
  }

  /// What stands on a command line stands in every process list.
  static func refuseSecrets(in arguments: some Sequence<String>) throws(Failure) {
    for argument in arguments where Redaction.findsPassword(in: argument) {
      throw Failure(
        .usage,
        "expected no password on the command line, found one in a PostgreSQL address",
        hint: "Give it in DATABASE_URL, PGPASSWORD, PGPASSFILE or FIRSTCLICK_PASSWORD_FILE."
      )
    }
  }
}

extension String {
  fileprivate var withLowercaseStart: String { prefix(1).lowercased() + dropFirst() }
}
