import Connect
import Foundation
import KafkaConnect
import Programs
import Testing

/// What can be known of the containers without an engine to run them.
@Suite struct ContainerTests {
  private let compose: ComposeFile
  private let dockerfile: Dockerfile

  init() throws {
    compose = try ComposeFile()
    dockerfile = try Dockerfile()
  }

  @Test func `every image has a version, and ours has the programs'`() throws {
    for (name, service) in compose.services {
      let tag = try #require(service.image.split(separator: ":").dropFirst().first, "\(name)")
      #expect(tag.contains(/^\d+\.\d+/), "\(name)")
      if service.build != nil { #expect(service.image == "firstclick/\(name):\(Program.version)") }
    }
    for stage in dockerfile.stages where dockerfile.stage(stage.base) == nil {
      #expect(stage.base.contains(/:\d+/), "\(stage.name)")
    }
  }

  @Test func `no service runs as root`() throws {
    for (name, service) in compose.services {
      let user = try #require(service.user, "\(name)")
      #expect(!user.hasPrefix("0") && !user.hasPrefix("root"), "\(name)")
      guard let target = service.build?.target else { continue }
      let stage = try #require(dockerfile.stage(target), "\(name)")
      let base = try #require(dockerfile.stage(stage.base))
      #expect(base.arguments(of: "USER").last == user, "\(name)")
      #expect(stage.arguments(of: "USER").isEmpty, "\(name)")
    }
  }

  @Test func `ports are open to this machine alone`() {
    for service in compose.services.values {
      for port in service.ports ?? [] { #expect(port.hasPrefix("127.0.0.1:")) }
    }
  }

  @Test func `what a service waits for is there, and says when it is ready`() throws {
    for (name, service) in compose.services {
      for (other, dependency) in service.dependsOn ?? [:] {
        let needed = try #require(compose.services[other], "\(name)")
        switch dependency.condition {
        case "service_healthy": #expect(needed.healthcheck != nil, "\(name) \(other)")
        case "service_completed_successfully": #expect(needed.restart == "no", "\(name) \(other)")
        default: Issue.record("\(name) waits for \(other) until \(dependency.condition)")
        }
      }
    }
  }

  @Test func `data is in named volumes, and secrets are in files outside image and repository`()
    throws
  {
    let volumes = compose.services.values.flatMap { $0.volumes ?? [] }
    #expect(
      volumes.map { String($0.prefix { $0 != ":" }) }.sorted() == compose.volumes.keys.sorted()
    )
    let used = Set(compose.services.values.flatMap { $0.secrets ?? [] })
    #expect(used == Set(compose.secrets.keys))
    for service in compose.services.values {
      for (key, value) in service.environment ?? [:] where key.hasSuffix("_PASSWORD_FILE") {
        let name = try #require(value.wholeMatch(of: /\/run\/secrets\/(\S+)/)?.1)
        #expect(service.secrets?.contains(String(name)) == true)
      }
      #expect(service.environment?.keys.contains { $0.hasSuffix("PASSWORD") } != true)
    }
    for secret in compose.secrets.values { #expect(secret.file.hasPrefix("./secrets/")) }
    #expect(try lines(of: ".gitignore").contains("secrets/"))
    let ignored = try lines(of: ".dockerignore")
    #expect(ignored.first == "*")
    #expect(!ignored.contains { $0.hasPrefix("!secrets") })
  }

  @Test func `what the image copies is in the repository and not ignored`() throws {
    let sources = dockerfile.stages.flatMap { $0.arguments(of: "COPY") }
      .filter { !$0.hasPrefix("--from") }
      .flatMap { $0.split(separator: " ").dropLast().map(String.init) }
    let kept = try lines(of: ".dockerignore").filter { $0.hasPrefix("!") }.map { $0.dropFirst() }
    for source in sources where !source.contains("*") {
      #expect(Repository.has(source))
      #expect(kept.contains(source[...]))
    }
    #expect(sources.contains("Package.*") && kept.contains("Package.swift"))
    #expect(kept.allSatisfy { $0.hasPrefix("Package.") || sources.contains(String($0)) })
  }

  @Test func `the image is built of the packages and products that there are`() throws {
    let build = try #require(dockerfile.stage("build"))
    let makefile = try Repository.text(of: "Makefile").replacing("\\\n", with: " ")
    let packages = try #require(makefile.firstMatch(of: /PACKAGES := (.*)/)?.1)
      .split(separator: " ").filter { $0 != "postgresql" }
    let installed = try #require(build.arguments(of: "RUN").first)
    for package in packages { #expect(installed.contains(" \(package) "), "\(package)") }
    let manifest = try Repository.text(of: "Package.swift")
    let command = try #require(build.arguments(of: "RUN").last)
    let products = Set(command.matches(of: /--product (\S+)/).map { String($0.1) })
    #expect(products == Set(compose.services.values.compactMap(\.build?.target)))
    for product in products { #expect(manifest.contains("name: \"\(product)\""), "\(product)") }
    #expect(command.matches(of: /--static-swift-stdlib/).count == products.count)
  }

  @Test func `every variable is a setting of its program`() throws {
    for (name, settings) in [("generator", ProgramSettings.generator), ("stream-job", .streamJob)] {
      let service = try #require(compose.services[name])
      let known = Set(
        settings.keys.map { "FIRSTCLICK_" + $0.uppercased().replacing("-", with: "_") }
      )
      let others = ["DATABASE_URL", "FIRSTCLICK_PASSWORD_FILE"]
      for variable in (service.environment ?? [:]).keys {
        #expect(known.contains(variable) || others.contains(variable), "\(variable)")
      }
    }
  }

  @Test func `the generator runs with these options and variables`() throws {
    let service = try #require(compose.services["generator"])
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker()
    var environment = service.resolvedEnvironment
    #expect(environment["FIRSTCLICK_TO"] == "kafka://kafka:19092/shop")
    environment["FIRSTCLICK_TO"] = "kafka://\(broker.bootstrap)/shop"
    let outcome = try ProgramRun.run(
      "generator",
      try #require(service.command) + ["--events", "50"],
      in: directory,
      environment: environment
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
  }

  /// As far as to the database, which is not there.
  @Test func `the job takes these options and variables`() throws {
    let service = try #require(compose.services["stream-job"])
    let directory = try TemporaryDirectory()
    try directory.write("secret\n", to: "password")
    let broker = try LocalBroker()
    try broker.makeTopics(prefix: "shop", partitionCount: 2)
    var environment = service.resolvedEnvironment
    #expect(environment["FIRSTCLICK_FROM"] == "kafka://kafka:19092/shop")
    #expect(environment["DATABASE_URL"] == "postgres://firstclick@postgres/firstclick")
    environment["FIRSTCLICK_FROM"] = "kafka://\(broker.bootstrap)/shop"
    environment["FIRSTCLICK_PASSWORD_FILE"] = "password"
    environment["DATABASE_URL"] = "postgres://firstclick@127.0.0.1:1/firstclick"
    let outcome = try ProgramRun.run(
      "stream-job",
      try #require(service.command),
      in: directory,
      environment: environment
    )
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("Connection refused"), "\(outcome.errors)")

    let check = try #require(service.healthcheck?.test)
    #expect(check.prefix(2) == ["CMD", "stream-job"] && check.contains("--check"))
    let health = try ProgramRun.run(
      "stream-job",
      Array(check.dropFirst(2)),
      in: directory,
      environment: environment
    )
    #expect(health.exitCode == 1)
    #expect(health.errors.contains("Connection refused"), "\(health.errors)")
  }

  @Test(.enabled(if: Docker.hasCompose, "docker compose is not installed here"))
  func `docker compose understands the file`() throws {
    let path = Repository.directory.appending(path: "docker-compose.yml").path
    #expect(try Docker.run("compose", "--file", path, "config", "--quiet") == 0)
  }

  private func lines(of path: String) throws -> [String] {
    try Repository.text(of: path).split(separator: "\n").map(String.init)
      .filter { !$0.hasPrefix("#") }
  }
}

/// The command line of Docker, where there is one.
private enum Docker {
  static let hasCompose = (try? run("compose", "version")) == 0

  static func run(_ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["docker"] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
