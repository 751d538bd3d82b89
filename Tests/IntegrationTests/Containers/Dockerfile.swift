/// The repository's Dockerfile: its instructions, continued lines joined, by stage.
struct Dockerfile {
  struct Stage {
    var name: String
    /// An image, or the name of an earlier stage.
    var base: String
    var instructions: [(name: String, arguments: String)] = []

    func arguments(of name: String) -> [String] {
      instructions.filter { $0.name == name }.map(\.arguments)
    }
  }

  private(set) var stages: [Stage] = []

  init() throws {
    let text = try Repository.text(of: "Dockerfile").replacing("\\\n", with: " ")
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard words.count == 2 else { continue }
      if words[0] == "FROM", let stage = words[1].wholeMatch(of: /(\S+) AS (\S+)/) {
        stages.append(Stage(name: String(stage.2), base: String(stage.1)))
      } else if !stages.isEmpty {
        stages[stages.count - 1].instructions.append((words[0], words[1]))
      }
    }
  }

  func stage(_ name: String) -> Stage? { stages.first { $0.name == name } }
}
