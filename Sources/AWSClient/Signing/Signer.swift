package import Dataflow
import Synchronization

/// Signs requests to one service in one region: AWS Signature Version 4.
///
///     key day:     HMAC chain of secret, day, region, service, "aws4_request"      (kept)
///     signature:   HMAC of the key over  AWS4-HMAC-SHA256, time, scope, SHA-256(canonical request)
///
/// Source: "Create a signed AWS API request", AWS IAM User Guide; checked by the vectors of the AWS
/// signing test suite.
package final class Signer: Sendable {
  private static let algorithm = "AWS4-HMAC-SHA256"
  private static let terminator = "aws4_request"

  private let service: String
  private let region: String
  private let isS3: Bool
  private let lastKey = Mutex<DayKey?>(nil)

  private struct DayKey {
    let secret: String
    let day: String
    let bytes: [UInt8]
  }

  /// What a signature adds to a request.
  package struct Signature: Sendable {
    /// `x-amz-date`, `x-amz-security-token` for temporary credentials, `Authorization`; for S3 also
    /// `x-amz-content-sha256`.
    package let headers: [HTTPRequest.Header]
    /// 64 hexadecimal digits, the last part of `Authorization`.
    package let hexadecimal: String
  }

  /// - Parameters:
  ///   - service: its signing name, such as `kinesis`.
  ///   - region: such as `eu-west-1`.
  package init(service: String, region: String) {
    self.service = service
    self.region = region
    isS3 = service == "s3"
  }

  /// Signs every header given; `Host` has to be among them.
  ///
  /// - Parameters:
  ///   - method: in capitals.
  ///   - path: as it is sent, percent-encoded.
  ///   - query: names and values, not encoded.
  ///   - headers: all that are sent but those that this adds.
  ///   - body: its digest is signed.
  ///   - credentials: whose key signs.
  ///   - time: of the server's clock; it takes a few minutes of difference.
  /// - Returns: what is to be added to the request.
  package func sign(
    method: String,
    path: String,
    query: [ServiceRequest.Parameter] = [],
    headers: [HTTPRequest.Header],
    body: UnsafeRawBufferPointer,
    with credentials: Credentials,
    at time: EventTime
  ) -> Signature {
    let time = SigningTime(time)
    let bodyHash = Digest.hexadecimal(Digest.sha256(body))
    var added: [HTTPRequest.Header] = [("x-amz-date", time.description)]
    if let token = credentials.sessionToken { added.append(("x-amz-security-token", token)) }
    if isS3 { added.append(("x-amz-content-sha256", bodyHash)) }
    let request = CanonicalRequest(
      method: method,
      path: path,
      query: query,
      headers: headers + added,
      bodyHash: bodyHash,
      isPlainPath: isS3
    )
    let scope = "\(time.day)/\(region)/\(service)/\(Self.terminator)"
    let stringToSign = """
      \(Self.algorithm)
      \(time)
      \(scope)
      \(Digest.hexadecimal(Digest.sha256(request.text)))
      """
    let key = key(of: credentials.secretAccessKey, on: time.day)
    let signature = Digest.hexadecimal(Digest.hmacSHA256(key: key, stringToSign))
    let authorization =
      "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope), "
      + "SignedHeaders=\(request.signedHeaders), Signature=\(signature)"
    added.append(("Authorization", authorization))
    return Signature(headers: added, hexadecimal: signature)
  }

  private func key(of secret: String, on day: String) -> [UInt8] {
    lastKey.withLock { last in
      if let last, last.secret == secret, last.day == day { return last.bytes }
      var key = Array("AWS4\(secret)".utf8)
      for part in [day, region, service, Self.terminator] {
        key = Digest.hmacSHA256(key: key, part)
      }
      last = DayKey(secret: secret, day: day, bytes: key)
      return key
    }
  }
}
