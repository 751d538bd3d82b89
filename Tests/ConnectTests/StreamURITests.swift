import Connect
import Testing

@Suite struct StreamURITests {
  @Test(arguments: [
    ("file:log", "log"), ("file:/var/log", "/var/log"), ("file:///var/log", "/var/log"),
    ("FILE:a b%20", "a b%20"),
  ])
  func `a file URI names a directory`(text: String, directory: String) throws {
    #expect(try StreamURI(parsing: text) == .file(directory: directory))
  }

  @Test func `Kafka and Kinesis URIs are understood`() throws {
    #expect(
      try StreamURI(parsing: "kafka://a:9092,b:9093/shop")
        == .kafka(brokers: ["a:9092", "b:9093"], prefix: "shop")
    )
    #expect(
      try StreamURI(parsing: "kinesis://eu-west-1/shop?endpoint=http://localhost:4566")
        == .kinesis(region: "eu-west-1", prefix: "shop", endpoint: "http://localhost:4566")
    )
  }

  @Test(arguments: [
    ("log", "stream URI \"log\" has no scheme; write file:log for a directory"),
    (
      "ftp://x/y",
      "stream URI \"ftp://x/y\" has the scheme \"ftp\"; write file:DIR, kafka://HOST:PORT/PREFIX "
        + "or kinesis://REGION/PREFIX"
    ),
    ("file:", "URI \"file:\" names no directory; write a directory after the colon"),
    (
      "file://log",
      "URI \"file://log\" names a host; write file:DIR, or file:///DIR from the root"
    ),
    (
      "kafka://a/shop", "Kafka URI \"kafka://a/shop\" names the broker \"a\"; write HOST:PORT"
    ),
    (
      "kafka:shop",
      "Kafka URI \"kafka:shop\" is not of the form kafka://HOST:PORT[,HOST:PORT]/PREFIX; "
        + "a prefix is of letters, digits, dots, underscores and hyphens"
    ),
  ])
  func `a URI of another form is a usage error`(text: String, message: String) {
    let error = #expect(throws: ConnectorError.self) { try StreamURI(parsing: text) }
    #expect(error?.description == message)
    #expect(error?.kind == .usage)
  }

  @Test(arguments: [
    "postgres://u:secret@h/x", "u:secret@h/x", "postgres//u:secret@h", "file://u:secret@h/x",
    "kafka://u:a/secret@h:1/x", "kinesis://u:secret@h/x", "host=h password=secret",
    "kinesis://r/p?u=http://u:secret@h",
  ])
  func `a URI of another form is refused without its password`(text: String) {
    let error = #expect(throws: ConnectorError.self) { try StreamURI(parsing: text) }
    #expect(error?.description.contains("secret") == false)
  }

  @Test func `a password in a Kafka URI is refused and not repeated`() {
    let error = #expect(throws: ConnectorError.self) {
      try StreamURI(parsing: "kafka://shop:hunter2@a:9092/shop")
    }
    #expect(
      error?.description
        == "Kafka URI for the prefix \"shop\" has a user name, and perhaps a password; give them in "
        + "FIRSTCLICK_KAFKA_SASL_USERNAME and FIRSTCLICK_KAFKA_SASL_PASSWORD"
    )
  }
}
