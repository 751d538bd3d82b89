import Connect
import Testing

@Suite struct SinkURITests {
  @Test(arguments: [
    "postgres://localhost/shop", "postgresql://", "service=shop", "host=/run dbname=shop",
    "dbname = shop",
  ])
  func `libpq's forms name a database`(text: String) throws {
    #expect(try SinkURI(parsing: text) == .postgres(connection: text))
  }

  @Test func `files are CSV or JSON lines`() throws {
    #expect(try SinkURI(parsing: "csv:out") == .csv(directory: "out"))
    #expect(try SinkURI(parsing: "csv:a=b") == .csv(directory: "a=b"))
    #expect(try SinkURI(parsing: "jsonl:-") == .jsonLines(file: nil))
    #expect(try SinkURI(parsing: "jsonl:rows.jsonl") == .jsonLines(file: "rows.jsonl"))
  }

  @Test(arguments: [
    "", "shop", "postgres:shop", "mysql://u:secret@h/x", "csv", "jsonl:", "csv:",
    "postgres:/u:secret@h/x", "postgres//u:secret@h/x", "u:secret@h/x", "mysql://u:a/secret@h/x",
    "mysql:u:p@secret@h",
  ])
  func `a URI of another form is a usage error without its password`(text: String) {
    let error = #expect(throws: ConnectorError.self) { try SinkURI(parsing: text) }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains("secret") == false)
  }

  @Test(arguments: [
    ("jsonl:", "URI \"jsonl:\" names no file; write a file after the colon"),
    ("csv:", "URI \"csv:\" names no directory; write a directory after the colon"),
    (
      "jsonl://rows",
      "URI \"jsonl://rows\" names a host; write jsonl:FILE, or jsonl:///FILE from the root"
    ),
    ("csv://out", "URI \"csv://out\" names a host; write csv:DIR, or csv:///DIR from the root"),
  ])
  func `a URI without a path says which one is missing`(text: String, message: String) {
    let error = #expect(throws: ConnectorError.self) { try SinkURI(parsing: text) }
    #expect(error?.description == message)
  }

  @Test(arguments: [
    ("postgres://me:se@cr:et@host:5432/shop", "postgres://me:***@host:5432/shop"),
    (
      "postgres://me@host/shop?password=secret&sslmode=off",
      "postgres://me@host/shop?password=***&sslmode=off"
    ),
    ("host=h password = 'a \\' b' dbname=x", "host=h password = *** dbname=x"),
    ("postgres://host/shop", "postgres://host/shop"),
    ("service=x&password=secret", "service=x&password=***"),
    (
      "postgres://h/db?dbname=postgres%3A%2F%2Fu%3Asecret%40h%2Fdb",
      "postgres://h/db?dbname=postgres:***@h/db"
    ),
    ("postgres://u:se?cret@h/db", "postgres://u:***@h/db"),
    ("postgres://h/db?pass%77ord=se%26cret", "postgres://h/db?password=***"),
    ("postgres://h/db?password=se%40cr%3Det&user=u%40h", "postgres://h/db?password=***"),
    ("postgres://h/100%25?sslmode=off", "postgres://h/100%25?sslmode=off"),
  ])
  func `its description hides the password`(text: String, shown: String) throws {
    #expect(try SinkURI(parsing: text).description == shown)
  }
}
