import Foundation
import Yams

/// A YAML file of settings: one key a setting, and sections for those of a single program.
///
/// ```
/// into: postgres:///shop
/// stream-job:
///   window: 1h
/// generator:
///   late: 0.02
/// kafka:
///   security.protocol: SASL_SSL
/// ```
///
/// A section such as `kafka:` is short for keys that start with `kafka.`.
struct ConfigurationFile: Sendable {
  struct Setting: Sendable {
    var text: String
    /// `firstclick.yaml:3: window`.
    var place: String
  }

  static let defaultPath = "firstclick.yaml"

  /// By path: `into`, `stream-job/window`.
  let settings: [String: Setting]

  /// - Throws: `.usage`, naming file, line and key, for what is no setting of any program.
  init(_ path: String) throws(Failure) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw Failure(
        .usage,
        "could not read the config file \(path)",
        hint: "Name a readable YAML file."
      )
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch YamlError.duplicatedKeysInMapping(let keys, let first) {
      throw Failure(
        .usage,
        "could not read the config file \(path):\(first.mark.line): \(keys.first ?? "?"): "
          + "expected each key once, found it again below"
      )
    } catch {
      let line = (error as? YamlError).flatMap(Self.line).map { ":\($0)" } ?? ""
      throw Failure(.usage, "could not read the config file \(path)\(line): expected YAML")
    }
    settings = try root.map { root throws(Failure) in try Self.settings(in: root, of: path) } ?? [:]
  }

  private static func settings(
    in root: Node,
    of file: String
  ) throws(Failure) -> [String: Setting] {
    var settings: [String: Setting] = [:]
    for entry in try entries(of: root, in: file, ProgramSettings.all) {
      guard let program = ProgramSettings.all.first(where: { $0.name == entry.key }) else {
        let isKnown = ProgramSettings.all.contains { $0.knows(entry.key) }
        settings[entry.key] = try setting(entry, in: file, isKnown: isKnown, to: "any program")
        continue
      }
      for inner in try entries(of: entry.value, in: file, [program]) {
        settings["\(program.name)/\(inner.key)"] = try setting(
          inner,
          in: file,
          isKnown: program.knows(inner.key),
          to: program.name
        )
      }
    }
    return settings
  }

  private typealias Entry = (key: String, place: String, value: Node)

  /// The keys of a section, those of the programs' families below it included.
  private static func entries(
    of node: Node,
    in file: String,
    _ programs: [ProgramSettings]
  ) throws(Failure) -> [Entry] {
    var entries: [Entry] = []
    for entry in try Self.entries(of: node, in: file) {
      guard programs.contains(where: { $0.isFamily(entry.key) }) else {
        entries.append(entry)
        continue
      }
      entries += try Self.entries(of: entry.value, in: file).map {
        ("\(entry.key).\($0.key)", $0.place, $0.value)
      }
    }
    return entries
  }

  private static func entries(of node: Node, in file: String) throws(Failure) -> [Entry] {
    guard case .mapping(let mapping) = node else {
      throw Failure(
        .usage,
        "could not read the config file \(file)\(line(of: node)): expected `key: value`"
      )
    }
    return mapping.map { key, value in
      let name = key.scalar?.string ?? "?"
      return (name, "\(file)\(line(of: key)): \(name)", value)
    }
  }

  private static func setting(
    _ entry: Entry,
    in file: String,
    isKnown: Bool,
    to program: String
  ) throws(Failure) -> Setting {
    guard isKnown else {
      throw Failure(
        .usage,
        "\(entry.place) is no setting of \(program)",
        hint: "Settings are named like the options, see --help."
      )
    }
    guard case .scalar(let scalar) = entry.value else {
      throw Failure(.usage, "could not read \(entry.place): expected one value")
    }
    return Setting(text: scalar.string, place: entry.place)
  }

  private static func line(of node: Node) -> String { node.mark.map { ":\($0.line)" } ?? "" }

  private static func line(of error: YamlError) -> Int? {
    switch error {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      mark.line
    default: nil
    }
  }
}
