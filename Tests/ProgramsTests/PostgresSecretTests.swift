import Programs
import Testing

@Suite struct PostgresSecretTests {
  @Test(arguments: [
    "postgres://u:secret@h/d", "postgresql://u:secret@h:5432/d?sslmode=require",
    "postgres://h/d?user=u&password=secret", "host=h password=secret", "password=secret host=h",
    "--into=postgres://u:p%40@[::1]:5432/d", "--into=password=secret host=h",
    "host=h password = secret", "host=h\tpassword=secret", "host=h sslpassword=secret",
  ])
  func `a password in an address is found`(text: String) {
    #expect(PostgresSecret.isPresent(in: text))
  }

  @Test(arguments: [
    "postgres://u@h:5432/d", "postgres:///d?host=/run/a:b@c", "postgres://h:5432/d", "file:log",
    "postgres://u:@h/d", "service=shop", "host=h passfile=/etc/passwords",
  ])
  func `an address without one passes`(text: String) {
    #expect(!PostgresSecret.isPresent(in: text))
  }
}
