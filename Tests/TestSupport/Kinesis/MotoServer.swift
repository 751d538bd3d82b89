import AWSClient
import Foundation

/// moto's server in a process of its own: Kinesis by others, with real HTTP and signatures checked.
///
/// One for all tests of a process, which use prefixes of their own; it is ended with the process.
/// `make moto` installs it. It checks every signature, key and right; it neither splits records off
/// nor throttles, and its closed shards never end (for those see `FakeKinesis`).
package final class MotoServer: Sendable {
  package static let region = "eu-west-1"
  /// A role that may do everything with streams, and that the user of `environment` may take on.
  package static let role = "arn:aws:iam::123456789012:role/streams"
  /// Calls that are taken without a signature: those that make users and role.
  private static let openCalls = 7
  private static let startTimeout = Duration.seconds(60)
  /// The server ends itself after so long, should this process die without ending it.
  private static let longestSeconds = 1800

  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  /// Started on first use.
  package static let shared: Result<MotoServer, any Error> = Result {
    let server = try MotoServer()
    atexit { try? MotoServer.shared.get().stop() }
    return server
  }

  package let address: String
  /// Credentials of a user who may do everything with streams.
  package let environment: [String: String]
  /// Credentials of a user who may do nothing.
  package let powerlessEnvironment: [String: String]
  private let processID: pid_t

  /// Starts one of one's own.
  ///
  /// - Parameter identity: files of its certificate and key, for TLS.
  /// - Throws: `Failure` when it is not installed, or does not start.
  package init(identity: TestIdentity? = nil) throws {
    let program = Self.program
    guard FileManager.default.isExecutableFile(atPath: program) else {
      throw Failure(description: "found no moto_server at \(program): run `make moto`")
    }
    let log = FileManager.default.temporaryDirectory.appending(
      path: "firstclick-moto-\(UUID().uuidString)"
    )
    defer { try? FileManager.default.removeItem(at: log) }
    let options = identity.map { ["-s", "-c", $0.certificate, "-k", $0.key] } ?? []
    processID = try Self.start(program, options, log: log.path)
    do {
      address = try Self.awaitAddress(in: log)
      let keys = try Self.makeUsers(
        at: address,
        by: CurlTransport(authorities: identity?.certificate)
      )
      environment = keys[0]
      powerlessEnvironment = keys[1]
    } catch {
      Self.end(processID)
      throw error
    }
  }

  package func stop() { Self.end(processID) }

  private static func end(_ processID: pid_t) {
    kill(processID, SIGTERM)
    var status: Int32 = 0
    waitpid(processID, &status, 0)
  }

  /// The URI of the streams of a prefix.
  package func uri(_ prefix: String) -> String {
    "kinesis://\(Self.region)/\(prefix)?endpoint=\(address)"
  }

  /// Where `make moto` puts it.
  private static var program: String {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/root")/.cache"
    return environment["FIRSTCLICK_TEST_MOTO"] ?? "\(cache)/firstclick/moto/bin/moto_server"
  }

  private static func start(
    _ program: String,
    _ options: [String],
    log: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Threads of tests block signals, which the server has to get: it is ended by one.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let words =
      [
        "env", "INITIAL_NO_AUTH_ACTION_COUNT=\(openCalls)", "PYTHONUNBUFFERED=1", "timeout",
        "\(longestSeconds)", program, "-H", "127.0.0.1", "-p", "0",
      ] + options
    let pointers = words.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    var processID: pid_t = 0
    let code = posix_spawnp(&processID, "env", &actions, &attributes, pointers, environ)
    guard code == 0 else { throw Failure(description: "could not start \(program)") }
    return processID
  }

  /// The address that it prints once it listens.
  private static func awaitAddress(in log: URL) throws -> String {
    let deadline = ContinuousClock.now + startTimeout
    while ContinuousClock.now < deadline {
      let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
      if let match = text.firstMatch(of: #/Running on (https?:\/\/127\.0\.0\.1:\d+)\s/#) {
        return String(match.1)
      }
      usleep(20_000)
    }
    let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
    throw Failure(description: "moto_server did not listen within \(startTimeout): \(text)")
  }

  /// Makes a user and a role with rights, and a user without, by IAM's own protocol.
  private static func makeUsers(
    at address: String,
    by transport: CurlTransport
  ) throws -> [[String: String]] {
    func iam(_ fields: [String: String]) throws -> String {
      try Self.iam(fields, at: address, by: transport)
    }
    let policy = """
      {"Version":"2012-10-17","Statement":[{"Effect":"Allow",
      "Action":["kinesis:*","sts:AssumeRole"],"Resource":"*"}]}
      """
    let trust = """
      {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
      "Principal":{"AWS":"*"}}]}
      """
    _ = try iam(["Action": "CreateUser", "UserName": "shop"])
    _ = try iam([
      "Action": "PutUserPolicy", "UserName": "shop", "PolicyName": "streams",
      "PolicyDocument": policy,
    ])
    _ = try iam([
      "Action": "CreateRole", "RoleName": "streams",
      "AssumeRolePolicyDocument": trust,
    ])
    _ = try iam([
      "Action": "PutRolePolicy", "RoleName": "streams", "PolicyName": "streams",
      "PolicyDocument": policy,
    ])
    _ = try iam(["Action": "CreateUser", "UserName": "nobody"])
    return try ["shop", "nobody"].map { user in
      let answer = try iam(["Action": "CreateAccessKey", "UserName": user])
      guard let key = answer.firstMatch(of: #/<AccessKeyId>(.*?)</#)?.1,
        let secret = answer.firstMatch(of: #/<SecretAccessKey>(.*?)</#)?.1
      else { throw Failure(description: "expected an access key of moto, found \(answer)") }
      return [
        "AWS_ACCESS_KEY_ID": String(key), "AWS_SECRET_ACCESS_KEY": String(secret),
        "AWS_EC2_METADATA_DISABLED": "true",
      ]
    }
  }

  private static func iam(
    _ fields: [String: String],
    at address: String,
    by transport: CurlTransport
  ) throws -> String {
    let form = fields.merging(["Version": "2010-05-08"]) { $1 }
      .map { "\($0.key)=\(PercentEncoding.encode($0.value))" }
    let response = try transport.send(
      HTTPRequest(
        "POST",
        "\(address)/",
        headers: [
          ("Content-Type", "application/x-www-form-urlencoded"),
          // moto finds the service by the scope of a signature, which it does not check yet.
          (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, "
              + "Signature=b"
          ),
        ],
        body: Array(form.joined(separator: "&").utf8),
        isDirect: true
      )
    )
    guard response.status == 200 else {
      throw Failure(description: "moto refused \(fields["Action"] ?? ""): \(response.body.text)")
    }
    return response.body.text
  }
}
