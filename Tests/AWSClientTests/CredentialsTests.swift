import AWSClient
import Connect
import Dataflow
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct CredentialsTests {
  private static let document = """
    {"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t",
     "Expiration":"2015-08-30T18:36:00Z"}
    """
  /// 2015-08-30T18:36:00Z.
  private static let expiration = EventTime(microseconds: 1_440_959_760_000_000)
  private static let nothing = ScriptedTransport([.failure(.noConnection)])

  /// What the standard places give, the shared files being those of a directory.
  private static func standard(
    in directory: String,
    _ environment: [String: String],
    by transport: ScriptedTransport = nothing
  ) throws(ConnectorError) -> Credentials {
    var environment = environment
    environment["HOME"] = directory
    return try CredentialsCache.standard(environment: environment, transport: transport).current()
  }

  private static func write(_ text: String, to name: String, in directory: String) throws {
    let url = URL(filePath: directory).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: url)
  }

  @Test func `the environment comes first`() throws {
    try withTemporaryDirectory { directory in
      try Self.write(
        "[default]\naws_access_key_id=B\naws_secret_access_key=b\n",
        to: ".aws/credentials",
        in: directory
      )
      let credentials = try Self.standard(
        in: directory,
        [
          "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "a", "AWS_SESSION_TOKEN": "t",
        ]
      )
      #expect(credentials.accessKeyID == "A")
      #expect(credentials.sessionToken == "t")
      let error = #expect(throws: ConnectorError.self) {
        try Self.standard(in: directory, ["AWS_ACCESS_KEY_ID": "A"])
      }
      #expect(
        error?.message == "found AWS_ACCESS_KEY_ID in the environment, and no AWS_SECRET_ACCESS_KEY"
      )
    }
  }

  @Test func `profiles are read from both files, the credentials file winning`() throws {
    try withTemporaryDirectory { directory in
      try Self.write(
        """
        # comment
        [default]
        aws_access_key_id = D ; comment
        aws_secret_access_key = d#not-a-comment

        [shop]
        aws_secret_access_key = s2
        """,
        to: ".aws/credentials",
        in: directory
      )
      try Self.write(
        """
        [profile shop]
        region = eu-west-1
        s3 =
          max_concurrent_requests = 20
        aws_access_key_id = S
        aws_secret_access_key = s1
        """,
        to: ".aws/config",
        in: directory
      )
      let standard = try Self.standard(in: directory, [:])
      #expect(standard.accessKeyID == "D")
      #expect(standard.secretAccessKey == "d#not-a-comment")
      let shop = try Self.standard(in: directory, ["AWS_PROFILE": "shop"])
      #expect(shop.accessKeyID == "S")
      #expect(shop.secretAccessKey == "s2")
      let error = #expect(throws: ConnectorError.self) {
        try Self.standard(in: directory, ["AWS_PROFILE": "shpo"])
      }
      #expect(
        error?.message == "found no AWS profile \"shpo\" in \(directory)/.aws/credentials and "
          + "\(directory)/.aws/config"
      )
    }
  }

  @Test func `lines of a shared file may end as on Windows, and a token be empty`() throws {
    try withTemporaryDirectory { directory in
      try Self.write(
        "[default]\r\naws_access_key_id = D\r\naws_secret_access_key = d\r\n\r\n"
          + "[shop]\r\naws_access_key_id = S\r\naws_secret_access_key = s\r\n"
          + "aws_session_token =\r\n",
        to: ".aws/credentials",
        in: directory
      )
      let credentials = try Self.standard(in: directory, [:])
      #expect(credentials.accessKeyID == "D")
      #expect(credentials.secretAccessKey == "d")
      let shop = try Self.standard(in: directory, ["AWS_PROFILE": "shop"])
      #expect(shop.secretAccessKey == "s")
      #expect(shop.sessionToken == nil)
      try Self.write("[default]\r\n\r\nkey\r\n", to: ".aws/credentials", in: directory)
      let error = #expect(throws: ConnectorError.self) { try Self.standard(in: directory, [:]) }
      #expect(error?.message.contains("credentials, line 3: expected [SECTION]") == true)
    }
  }

  @Test func `a profile's command prints credentials`() throws {
    try withTemporaryDirectory { directory in
      let document =
        #"{"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "p", "SessionToken": ""}"#
      try Self.write(document, to: "a key", in: directory)
      try Self.write(
        #"{"Version":1,"AccessKeyId":"P","SecretAccessKey":"p","SessionToken":"t","#
          + #""Expiration":"2015-08-30T18:36:00Z"}"#,
        to: "session",
        in: directory
      )
      try Self.write(
        """
        [default]
        credential_process = cat "\(directory)/a key"
        [profile session]
        credential_process = cat \(directory)/session
        [profile role]
        role_arn = arn:aws:iam::1:role/shop
        source_profile = session
        region = eu-west-1
        """,
        to: ".aws/config",
        in: directory
      )
      let key = try Self.standard(in: directory, [:])
      #expect(key.accessKeyID == "P" && key.secretAccessKey == "p")
      #expect(key.sessionToken == nil && key.expiration == nil)
      let session = try Self.standard(in: directory, ["AWS_PROFILE": "session"])
      #expect(session.sessionToken == "t")
      #expect(session.expiration == Self.expiration)
      #expect("\(session)".contains("credential_process of the profile \"session\""))
      let transport = ScriptedTransport([
        .answer(
          200,
          "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            + "<SessionToken>t</SessionToken><Expiration>2015-08-30T18:36:00Z</Expiration>"
            + "</Credentials>"
        )
      ])
      let role = try Self.standard(in: directory, ["AWS_PROFILE": "role"], by: transport)
      #expect(role.accessKeyID == "ASIA")
      #expect(transport.requests.first?.header("Authorization")?.contains("Credential=P/") == true)
    }
  }

  @Test(arguments: [
    ("sh -c 'exit 3'", "it ended with exit code 3"),
    ("/no/such/program", "No such file or directory"),
    ("echo nothing", "expected a JSON object with Version, AccessKeyId and SecretAccessKey of it"),
    (
      #"echo '{"Version":2,"AccessKeyId":"A","SecretAccessKey":"s3cret"}'"#,
      "expected Version 1 of it, found 2"
    ),
    (
      #"echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s3cret","Expiration":"soon"}'"#,
      "expected an ISO 8601 time as its Expiration"
    ),
    ("cat /dev/zero", "it did not end within 60 s, with at most 65536 bytes of output"),
  ])
  func `a profile's command that prints none is named, without what it prints`(
    command: String,
    cause: String
  ) throws {
    try withTemporaryDirectory { directory in
      try Self.write(
        "[profile shop]\ncredential_process = \(command)\n",
        to: ".aws/config",
        in: directory
      )
      let error = #expect(throws: ConnectorError.self) {
        try Self.standard(in: directory, ["AWS_PROFILE": "shop"])
      }
      let program = command.split(separator: " ")[0]
      #expect(
        error?.message
          == "could not get credentials from credential_process of the AWS profile \"shop\" in "
          + "\(directory)/.aws/config, the program \(program): \(cause)"
      )
      #expect(error?.hint == "run it by hand: it has to print one JSON object")
    }
  }

  @Test func `a line of a shared file that is none is named, and not shown`() throws {
    try withTemporaryDirectory { directory in
      try Self.write("[default]\ns3cret\n", to: ".aws/credentials", in: directory)
      let error = #expect(throws: ConnectorError.self) { try Self.standard(in: directory, [:]) }
      #expect(
        error?.message
          == "could not read \(directory)/.aws/credentials, line 2: expected [SECTION] or NAME = VALUE"
      )
    }
  }

  @Test func `a web identity token is changed for credentials`() throws {
    try withTemporaryDirectory { directory in
      try Self.write("t0ken+\n", to: "token", in: directory)
      let transport = ScriptedTransport([
        .answer(
          200,
          "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            + "<SessionToken>t&amp;</SessionToken><Expiration>2015-08-30T18:36:00Z</Expiration>"
            + "</Credentials>"
        )
      ])
      let credentials = try Self.standard(
        in: directory,
        [
          "AWS_ROLE_ARN": "arn:aws:iam::1:role/shop", "AWS_REGION": "eu-west-1",
          "AWS_WEB_IDENTITY_TOKEN_FILE": "\(directory)/token", "AWS_ROLE_SESSION_NAME": "job",
        ],
        by: transport
      )
      #expect(credentials.accessKeyID == "ASIA")
      #expect(credentials.sessionToken == "t&")
      #expect(credentials.expiration == Self.expiration)
      let request = try #require(transport.requests.first)
      #expect(request.url == "https://sts.eu-west-1.amazonaws.com/")
      #expect(request.header("Authorization") == nil)
      #expect(
        String(decoding: request.body, as: UTF8.self)
          == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
          + "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fshop&RoleSessionName=job"
          + "&WebIdentityToken=t0ken%2B"
      )
    }
  }

  @Test func `a profile's role is taken on with the keys of its source`() throws {
    try withTemporaryDirectory { directory in
      try Self.write(
        """
        [profile shop]
        role_arn = arn:aws:iam::1:role/shop
        source_profile = base
        external_id = x/1
        role_session_name = job
        region = eu-west-1
        [profile own]
        role_arn = arn:aws:iam::1:role/own
        source_profile = own
        aws_access_key_id = OWN
        aws_secret_access_key = o
        [profile base]
        aws_access_key_id = BASE
        aws_secret_access_key = b
        [profile a]
        role_arn = arn:aws:iam::1:role/a
        source_profile = b
        [profile b]
        role_arn = arn:aws:iam::1:role/b
        source_profile = a
        """,
        to: ".aws/config",
        in: directory
      )
      let transport = ScriptedTransport([
        .answer(
          200,
          "<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            + "<SessionToken>t</SessionToken><Expiration>2015-08-30T18:36:00Z</Expiration>"
        )
      ])
      for (name, key) in [("shop", "BASE"), ("own", "OWN")] {
        let credentials = try Self.standard(in: directory, ["AWS_PROFILE": name], by: transport)
        #expect(credentials.source == "the role arn:aws:iam::1:role/\(name)")
        #expect(credentials.accessKeyID == "ASIA")
        let request = try #require(transport.requests.last)
        #expect(
          request.header("Authorization")?.hasPrefix("AWS4-HMAC-SHA256 Credential=\(key)/") == true
        )
      }
      let request = try #require(transport.requests.first)
      #expect(request.url == "https://sts.eu-west-1.amazonaws.com/")
      #expect(
        String(decoding: request.body, as: UTF8.self)
          == "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fshop"
          + "&RoleSessionName=job&ExternalId=x%2F1"
      )
      let error = #expect(throws: ConnectorError.self) {
        try Self.standard(in: directory, ["AWS_PROFILE": "a"], by: transport)
      }
      #expect(error?.message.contains("leads back to itself by source_profile") == true)
    }
  }

  @Test func `a container's host is asked with its token`() throws {
    try withTemporaryDirectory { directory in
      let transport = ScriptedTransport([.answer(200, Self.document)])
      let credentials = try Self.standard(
        in: directory,
        [
          "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1",
          "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t0ken",
        ],
        by: transport
      )
      #expect(credentials.accessKeyID == "ASIA")
      #expect(credentials.expiration == Self.expiration)
      let request = try #require(transport.requests.first)
      #expect(request.url == "http://169.254.170.2/v2/credentials/1")
      #expect(request.header("Authorization") == "t0ken")
      #expect(request.isDirect)
      let error = #expect(throws: ConnectorError.self) {
        try Self.standard(
          in: directory,
          ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/c"]
        )
      }
      #expect(
        error?.message
          == "AWS_CONTAINER_CREDENTIALS_FULL_URI names the host \"example.com\" without https"
      )
    }
  }

  @Test func `an instance's role is asked for with a session token`() throws {
    try withTemporaryDirectory { directory in
      let transport = ScriptedTransport([
        .answer(200, "t0ken"), .answer(200, "shop-role\n"), .answer(200, Self.document),
      ])
      let credentials = try Self.standard(in: directory, [:], by: transport)
      #expect(credentials.source == "the instance's role shop-role")
      #expect(
        transport.requests.map { "\($0.method) \($0.url)" } == [
          "PUT http://169.254.169.254/latest/api/token",
          "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/",
          "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/shop-role",
        ]
      )
      #expect(transport.requests.last?.header("X-aws-ec2-metadata-token") == "t0ken")
      let roleless = ScriptedTransport([.answer(200, "t0ken"), .answer(404, "")])
      let error = #expect(throws: ConnectorError.self) {
        try Self.standard(in: directory, [:], by: roleless)
      }
      #expect(error?.message.hasPrefix("found no AWS credentials") == true)
      let silent = ScriptedTransport([.answer(200, "t0ken")])
      _ = try? Self.standard(in: directory, ["AWS_EC2_METADATA_DISABLED": "true"], by: silent)
      #expect(silent.requests.isEmpty)
    }
  }

  @Test func `credentials are renewed before they expire, and used to their end if that fails`()
    throws
  {
    /// Gives credentials that are good for an hour, until it is told to fail.
    final class Hourly: CredentialsProvider {
      let clock: SetClock
      let count = Mutex(0)
      let fails = Mutex(false)
      init(_ clock: SetClock) { self.clock = clock }
      func credentials() throws(ConnectorError) -> Credentials? {
        let number = count.withLock { count in
          count += 1
          return count
        }
        if fails.withLock({ $0 }) { throw ConnectorError(.transient, "no answer") }
        return Credentials(
          accessKeyID: "\(number)",
          secretAccessKey: "s",
          expiration: clock.now + .hours(1),
          source: "a test"
        )
      }
    }
    let clock = SetClock(EventTime(microseconds: 0))
    let hourly = Hourly(clock)
    let cache = CredentialsCache([hourly], now: { clock.now })
    func key(atMinute minute: Int64) throws -> String {
      clock.now = EventTime(microseconds: 0) + .minutes(minute)
      return try cache.current().accessKeyID
    }
    #expect(try key(atMinute: 0) == "1")
    #expect(try key(atMinute: 54) == "1")
    #expect(try key(atMinute: 56) == "2")
    hourly.fails.withLock { $0 = true }
    #expect(try key(atMinute: 113) == "2")
    #expect(try key(atMinute: 113) == "2")
    // Not asked again within seconds.
    #expect(hourly.count.withLock { $0 } == 3)
    #expect(throws: ConnectorError.self) { try key(atMinute: 117) }
    hourly.fails.withLock { $0 = false }
    #expect(try key(atMinute: 118) == "5")
  }
}
