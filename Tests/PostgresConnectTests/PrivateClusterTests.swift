import Connect
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import PostgresConnect

@Suite struct PrivateClusterTests {
  @Test func `a cluster starts, answers, stops and starts again with its data`() throws {
    try withCluster { cluster, _ in
      let connection = try PostgresConnection(cluster.start())
      try connection.execute("CREATE TABLE public.kept AS SELECT 7 AS value")
      #expect(try cluster.isRunning)
      try cluster.stop()
      #expect(try !cluster.isRunning)
      #expect(try cluster.runningAddress() == nil)
      try cluster.stop()
      let again = try PostgresConnection(cluster.start())
      #expect(try again.query("SELECT value FROM public.kept") == [["7"]])
      #expect(try again.query("SHOW listen_addresses") == [[""]])
    }
  }

  @Test func `starting many times at once makes one server`() throws {
    try withCluster { cluster, _ in
      let addresses = Mutex<Set<PostgresAddress>>([])
      let failures = Mutex<[String]>([])
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        do {
          let address = try cluster.start()
          addresses.withLock { _ = $0.insert(address) }
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
      }
      #expect(failures.withLock(\.self).isEmpty)
      #expect(addresses.withLock(\.count) == 1)
    }
  }

  @Test func `a server that was killed is started again over its stale pid file`() throws {
    try withCluster { cluster, directory in
      _ = try cluster.start()
      let file = "\(directory)/data/postmaster.pid"
      let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
      let server = try #require(lines.first.flatMap { pid_t($0) })
      kill(server, SIGKILL)
      let connection = try PostgresConnection(cluster.start())
      #expect(try connection.query("SELECT 1") == [["1"]])
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root asks as another user"))
  func `root can ask the server's user which of its processes run`() throws {
    try withCluster { cluster, directory in
      _ = try cluster.start()
      let location = try #require(try ClusterLocation.find(directory))
      let processes = ServerProcesses(at: location)
      let seen = processes.seen(as: location.user.name)
      #expect(seen == processes.alive())
      #expect(seen?.count ?? 0 > 1)
      #expect(processes.isServerAlive)
      try cluster.stop()
      #expect(processes.seen(as: location.user.name) == [])
      #expect(!processes.isServerAlive)
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root asks as another user"))
  func `where nobody can tell which processes run, no file of a server is removed`() throws {
    try withCluster { cluster, directory in
      _ = try cluster.start()
      try cluster.stop()
      let location = try #require(try ClusterLocation.find(directory))
      let stranger = ClusterLocation(
        directory: directory,
        user: ServerUser(name: "nobody_in_particular", userID: 54_321, groupID: 54_321)
      )
      let file = "\(directory)/data/postmaster.pid"
      try Data("\(getpid())\n".utf8).write(to: URL(fileURLWithPath: file))
      #expect(ServerProcesses(at: stranger).isServerAlive)
      #expect(ServerProcesses(at: stranger).clearAway(socket: "\(directory)/.s"))
      #expect(access(file, F_OK) == 0)
      #expect(!ServerProcesses(at: location).isServerAlive)
      #expect(ServerProcesses(at: location).clearAway(socket: "\(directory)/.s"))
      #expect(access(file, F_OK) != 0)
    }
  }

  @Test func `a path too long for a socket, with characters to quote, serves all the same`() throws
  {
    let name = "it's \"$HOME\" & 100% ünï," + String(repeating: "long", count: 30)
    try withCluster(named: name) { cluster, directory in
      let first = try cluster.start()
      #expect(try PostgresConnection(first).query("SELECT 1") == [["1"]])
      let note = try String(contentsOfFile: "\(directory)/socket_path", encoding: .utf8)
      #expect(note.hasPrefix("/tmp/firstclick-"))
      try cluster.stop()
      #expect(try cluster.start() == first)
      // A swept temporary directory costs a restart, no more.
      try FileManager.default.removeItem(atPath: note)
      let second = try cluster.start()
      #expect(try PostgresConnection(second).query("SELECT 1") == [["1"]])
      try FileManager.default.removeItem(
        atPath: String(contentsOfFile: "\(directory)/socket_path", encoding: .utf8)
      )
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root starts servers as another user"))
  func `under a directory closed to the server's user the cluster is a link`() throws {
    try withTemporaryDirectory { parent in
      chmod(parent, 0o700)
      let reports = Mutex<[String]>([])
      let path = "\(parent)/.firstclick/postgres"
      let cluster = PrivateCluster(directory: path, isDurable: false) { line in
        reports.withLock { $0.append(line) }
      }
      defer { try? cluster.stop() }
      let address = try cluster.start()
      #expect(try PostgresConnection(address).query("SELECT 1") == [["1"]])
      let target = try FileManager.default.destinationOfSymbolicLink(atPath: path)
      #expect(target.hasPrefix("/var/lib/firstclick-"))
      #expect(
        reports.withLock { $0.first }
          == "the user postgres cannot enter \(path): the cluster lives in \(target) instead"
      )
      try cluster.stop()
      #expect(try cluster.start() == address)
      try cluster.stop()
      try FileManager.default.removeItem(atPath: target)
      // The link alone is left: a new cluster is made.
      #expect(try PostgresConnection(cluster.start()).query("SELECT 1") == [["1"]])
      let second = try FileManager.default.destinationOfSymbolicLink(atPath: path)
      try cluster.stop()
      try FileManager.default.removeItem(atPath: second)
    }
  }

  @Test func `a directory that holds something else is refused and left alone`() throws {
    try withTemporaryDirectory { directory in
      chmod(directory, 0o755)
      try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(directory)/thesis.txt"))
      let error = #expect(throws: ConnectorError.self) {
        try PrivateCluster(directory: directory).start()
      }
      #expect(error?.kind == .permanent)
      #expect(
        error?.message
          == "could not make a private cluster in \(directory): it holds \"thesis.txt\""
      )
      let entries = try FileManager.default.contentsOfDirectory(atPath: directory)
      #expect(entries == ["thesis.txt"])
      let mode = try FileManager.default.attributesOfItem(atPath: directory)[.posixPermissions]
      #expect((mode as? NSNumber)?.intValue == 0o755)
    }
  }

  @Test func `a cluster of a PostgreSQL that is not installed is refused`() throws {
    let error = #expect(throws: ConnectorError.self) {
      try PostgresInstallation.find(majorVersion: 9)
    }
    #expect(error?.message.hasPrefix("the private cluster was made by PostgreSQL 9") == true)
  }

  @Test func `without the server's programs nothing is made`() throws {
    try withTemporaryDirectory { directory in
      let missing = ConnectorError(.permanent, "could not find the programs")
      let cluster = PrivateCluster(
        directory: "\(directory)/.firstclick/postgres",
        isDurable: false,
        installation: { _ throws(ConnectorError) in throw missing }
      )
      let error = #expect(throws: ConnectorError.self) { try cluster.start() }
      #expect(error?.message == missing.message)
      #expect(!cluster.isMade)
      try #expect(FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
  }

  @Test func `the cause that initdb gives is told, and no log that is not there`() throws {
    try withTemporaryDirectory { parent in
      chmod(parent, 0o755)
      let programs = try programs(
        in: "\(parent)/bin",
        initdb: """
          echo 'creating directory data.new ... ok'
          echo 'initdb: error: could not write file "data.new/PG_VERSION": No space left on device'
          echo 'initdb: removing data directory "data.new"'
          exit 1
          """
      )
      let directory = "\(parent)/postgres"
      let cluster = PrivateCluster(
        directory: directory,
        isDurable: false,
        installation: { _ throws(ConnectorError) in programs }
      )
      let error = #expect(throws: ConnectorError.self) { try cluster.start() }
      #expect(
        error?.description
          == "could not make a private cluster in \(directory): initdb: error: could not write file "
          + "\"data.new/PG_VERSION\": No space left on device; Mend that, or name a running server "
          + "by DATABASE_URL."
      )
    }
  }

  /// Server programs that are shell scripts.
  private func programs(in directory: String, initdb: String) throws -> PostgresInstallation {
    try FileManager.default.createDirectory(
      atPath: directory,
      withIntermediateDirectories: true
    )
    let scripts = ["initdb": initdb, "pg_ctl": "", "postgres": "echo 'postgres (PostgreSQL) 15.0'"]
    for (name, script) in scripts {
      let path = "\(directory)/\(name)"
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: "\(path).sh"))
      chmod("\(path).sh", 0o755)
      // Another process writes what is run: of a file that this one has open, a program started
      // meanwhile by another test may have a copy, and the system runs none that can be written.
      let copy = try ChildProcess(
        "cp",
        words: ["cp", "\(path).sh", path],
        output: .file("/dev/null", O_WRONLY)
      )
      try #require(try copy.waitForEnd() == 0)
    }
    return try #require(PostgresInstallation(binaries: directory))
  }

  @Test(.enabled(if: geteuid() == 0, "only root runs programs as another user"))
  func `root without a way to become another user is told before anything is touched`() throws {
    let error = #expect(throws: ConnectorError.self) {
      try ServerUser.choose(data: "/nowhere/data", path: ["/nowhere/bin", "/nowhere/sbin"])
    }
    #expect(
      error?.description
        == "could not run PostgreSQL as the user \"postgres\": found no runuser in PATH, /usr/sbin or "
        + "/sbin; Install it (apt-get install util-linux), or run this as another user than root."
    )
  }

  /// A cluster in a temporary directory that every user may enter.
  private func withCluster(
    named name: String = "postgres",
    _ body: (_ cluster: PrivateCluster, _ directory: String) throws -> Void
  ) throws {
    try withTemporaryDirectory { parent in
      chmod(parent, 0o755)
      let directory = "\(parent)/\(name)"
      let cluster = PrivateCluster(directory: directory, isDurable: false)
      defer { try? cluster.stop() }
      try body(cluster, directory)
    }
  }
}
