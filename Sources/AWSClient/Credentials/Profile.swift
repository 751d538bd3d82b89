import Connect
import Foundation

/// One profile of the shared files: what the credentials file says of it, else the config file.
struct Profile {
  let name: String
  /// Empty when no file has the profile.
  let settings: [String: String]
  /// Where it stands, for messages.
  let place: String

  static func name(_ environment: [String: String]) -> String? {
    environment["AWS_PROFILE"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// - Parameters:
  ///   - name: nil: `default`.
  ///   - environment: may name the files.
  /// - Throws: `.permanent` for a file that cannot be read.
  init(_ name: String?, environment: [String: String]) throws(ConnectorError) {
    let name = name ?? "default"
    let directory = (environment["HOME"] ?? NSHomeDirectory()) + "/.aws"
    let paths = (
      credentials: environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "\(directory)/credentials",
      config: environment["AWS_CONFIG_FILE"] ?? "\(directory)/config"
    )
    var settings: [String: String] = [:]
    var places: [String] = []
    if let file = try ProfileFile(paths.config),
      let section = file["profile \(name)"] ?? (name == "default" ? file[name] : nil)
    {
      settings = section
      places = [paths.config]
    }
    if let file = try ProfileFile(paths.credentials), let section = file[name] {
      settings.merge(section) { $1 }
      places.append(paths.credentials)
    }
    self.name = name
    self.settings = settings
    place =
      places.isEmpty
      ? "\(paths.credentials) and \(paths.config)" : places.joined(separator: " and ")
  }
}
