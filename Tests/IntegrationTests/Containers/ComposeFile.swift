import Foundation
import Yams

/// The repository's docker-compose.yml, as far as the tests look into it.
struct ComposeFile: Decodable {
  struct Service: Decodable {
    struct Build: Decodable {
      var context: String
      var target: String
    }
    struct Dependency: Decodable { var condition: String }
    struct HealthCheck: Decodable { var test: [String] }

    var image: String
    var build: Build?
    var user: String?
    var environment: [String: String]?
    var command: [String]?
    var ports: [String]?
    var volumes: [String]?
    var secrets: [String]?
    var dependsOn: [String: Dependency]?
    var healthcheck: HealthCheck?
    var restart: String?

    private enum CodingKeys: String, CodingKey {
      case image, build, user, environment, command, ports, volumes, secrets
      case dependsOn = "depends_on"
      case healthcheck, restart
    }

    /// The variables, `${NAME:-default}` being the default.
    var resolvedEnvironment: [String: String] {
      (environment ?? [:]).mapValues { $0.replacing(/\$\{\w+:-([^}]*)\}/) { String($0.output.1) } }
    }
  }

  struct Secret: Decodable { var file: String }

  var services: [String: Service]
  var volumes: [String: String?]
  var secrets: [String: Secret]

  init() throws {
    self = try YAMLDecoder().decode(Self.self, from: Repository.text(of: "docker-compose.yml"))
  }
}

/// The files that these tests belong to.
enum Repository {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func text(of path: String) throws -> String {
    try String(contentsOf: directory.appending(path: path), encoding: .utf8)
  }

  static func has(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: directory.appending(path: path).path)
  }
}
