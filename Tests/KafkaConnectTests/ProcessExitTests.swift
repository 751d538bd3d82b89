import CCrypto
import Connect
import Foundation
import KafkaConnect
import Testing

/// What other threads may rely on while the process ends.
@Suite struct ProcessExitTests {
  @Test func `OpenSSL works until the process is gone, whichever library started it`() async {
    await #expect(processExitsWith: .success) {
      // Handlers run in reverse order: this one after any that OpenSSL adds when it starts.
      atexit {
        guard let digest = EVP_MD_fetch(nil, "SHA256", nil) else { _exit(3) }
        EVP_MD_free(digest)
      }
      let settings = try KafkaSettings(
        brokers: ["127.0.0.1:9"],
        prefix: "shop",
        properties: [
          ConnectorProperty(
            name: "security.protocol",
            value: "SSL",
            place: "kafka.security.protocol"
          )
        ]
      )
      let client = try KafkaClient(settings, role: .consumer, logger: .silent)
      withExtendedLifetime(client) { exit(0) }
    }
  }
}
