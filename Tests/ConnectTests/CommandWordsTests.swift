import Connect
import Testing

@Suite struct CommandWordsTests {
  @Test(arguments: [
    ("a b", ["a", "b"]), ("  a\t'b c'd \"e \\\" f\" ''", ["a", "b cd", "e \" f", ""]),
    ("a\\ b", ["a b"]), ("'$x' `y`", ["$x", "`y`"]), ("", nil), ("a 'b", nil), ("a \\", nil),
    (#"sed "s/\d\.//" "\$HOME \\""#, ["sed", #"s/\d\.//"#, #"$HOME \"#]),
  ])
  func `a command is split as a shell does`(command: String, words: [String]?) {
    #expect(CommandWords.split(command) == words)
  }
}
