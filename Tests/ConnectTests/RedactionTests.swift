import Connect
import Testing

@Suite struct RedactionTests {
  @Test(arguments: [
    "postgres://u:secret@h/d", "postgresql://u:secret@h:5432/d?sslmode=require",
    "postgres://h/d?user=u&password=secret", "host=h password=secret", "password=secret host=h",
    "--into=postgres://u:p%40@[::1]:5432/d", "--into=password=secret host=h",
    "service=x&password=secret", "postgres://u:se?cret@h/db", "postgres://u:se/cret@h/db",
    "postgres://h/db?dbname=postgres%3A%2F%2Fu%3Asecret%40h%2Fdb",
    "postgres://h/db?pass%77ord=secret", "dbname=postgres://u:secret@h/db",
    "host=h password = secret", "host=h\tpassword=secret", "host=h sslpassword=secret",
  ])
  func `a password in an address is found`(text: String) {
    #expect(Redaction.findsPassword(in: text))
  }

  @Test(arguments: [
    "postgres://u@h:5432/d", "postgres:///d?host=/run/a:b@c", "postgres://h:5432/d", "file:log",
    "postgres://u:@h/d", "service=shop", "host=h passfile=/etc/passwords",
  ])
  func `an address without one passes`(text: String) {
    #expect(!Redaction.findsPassword(in: text))
  }
}
