import CCurl
import Connect
import Synchronization

/// HTTP by libcurl: a pool of handles, each with its kept-alive connection, one a call under way.
///
/// A caller's thread drives its own transfer. The callers are threads that wait for their answer
/// anyhow (a shard's reader, a lane's sender), so a multi handle shared by all would only add a thread
/// and two hand-overs a call, and would put all TLS and copying on that one thread. The pool grows to
/// the number of calls that were ever under way at once.
///
/// Certificates are checked against the system's authorities, or those of the file that
/// `AWS_CA_BUNDLE` names. Redirects are not followed.
package final class CurlTransport: HTTPTransport {
  private let idle = Mutex<[CurlHandle]>([])
  private let authorities: String?

  /// - Parameter authorities: a file of certificates (PEM) to trust instead of the system's.
  package init(authorities: String? = nil) {
    self.authorities = authorities
    _ = Self.isReady
  }

  /// libcurl wants this once, before its first handle.
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  package func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    // The one used last: its connection is the likeliest to be still open.
    guard let handle = idle.withLock({ $0.popLast() }) ?? CurlHandle() else {
      throw HTTPFailure(.unusable, "out of memory")
    }
    defer { idle.withLock { $0.append(handle) } }
    return try handle.perform(request, authorities: authorities)
  }
}

/// One easy handle and its connection; used by one thread at a time.
private final class CurlHandle: @unchecked Sendable {
  // Unchecked: the pool hands a handle to one thread at a time.
  private let handle: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>

  /// Servers close idle connections after minutes; asking the other end keeps those between alive.
  private static let keepAliveSeconds = 60
  /// What is taken from a socket at once: pages of records are large.
  private static let receiveByteCount = 256 << 10
  /// A server's answer at most: GetRecords gives 10 MiB, which base64 and JSON make 14 MiB.
  private static let answerByteCount = 64 << 20

  init?() {
    guard let handle = curl_easy_init() else { return nil }
    self.handle = handle
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(handle)
    errorText.deallocate()
  }

  func perform(
    _ request: HTTPRequest,
    authorities: String?
  ) throws(HTTPFailure) -> HTTPResponse {
    // Options go back to their defaults; the connection stays.
    curl_easy_reset(handle)
    errorText[0] = 0
    var headers: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(headers) }
    // No "100 Continue" before bodies: it costs a round trip.
    for line in ["Expect:", "Accept:"] + request.headers.map(Self.line) {
      headers = curl_slist_append(headers, line)
    }
    setConnection(of: request, authorities: authorities)
    _ = fc_curl_set_headers(handle, headers)
    let answer = AnswerBody(handle)
    let code = withExtendedLifetime(answer) {
      _ = fc_curl_set_writer_data(handle, Unmanaged.passUnretained(answer).toOpaque())
      _ = fc_curl_set_writer(handle) { bytes, size, count, answer in
        AnswerBody.append(bytes, byteCount: size * count, to: answer)
      }
      // libcurl copies texts but not the body: it lives until perform returns.
      return request.body.withUnsafeBytes { body in
        setBody(body, method: request.method)
        return curl_easy_perform(handle)
      }
    }
    guard code == CURLE_OK else { throw failure(code) }
    return HTTPResponse(
      status: fc_curl_response_code(handle),
      headers: answerHeaders(),
      body: answer.bytes
    )
  }

  /// `NAME: VALUE`; a value that is empty needs libcurl's own form.
  private static func line(_ header: HTTPRequest.Header) -> String {
    header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
  }

  private func setConnection(of request: HTTPRequest, authorities: String?) {
    _ = fc_curl_set_text(handle, CURLOPT_URL, request.url)
    // What is signed is what is sent: dots in paths stay.
    _ = fc_curl_set_number(handle, CURLOPT_PATH_AS_IS, 1)
    _ = fc_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    _ = fc_curl_set_text(handle, CURLOPT_USERAGENT, "firstclick")
    _ = fc_curl_set_number(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    // No signals: other threads run.
    _ = fc_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
    _ = fc_curl_set_number(handle, CURLOPT_TCP_KEEPALIVE, 1)
    _ = fc_curl_set_number(handle, CURLOPT_TCP_KEEPIDLE, Self.keepAliveSeconds)
    _ = fc_curl_set_number(
      handle,
      CURLOPT_CONNECTTIMEOUT_MS,
      request.limits.connecting.wholeMilliseconds
    )
    _ = fc_curl_set_number(handle, CURLOPT_TIMEOUT_MS, request.limits.whole.wholeMilliseconds)
    _ = fc_curl_set_number(handle, CURLOPT_BUFFERSIZE, Self.receiveByteCount)
    _ = fc_curl_set_size(handle, CURLOPT_MAXFILESIZE_LARGE, Self.answerByteCount)
    _ = fc_curl_set_text(handle, CURLOPT_ERRORBUFFER, errorText)
    if request.isDirect { _ = fc_curl_set_text(handle, CURLOPT_NOPROXY, "*") }
    if let authorities { _ = fc_curl_set_text(handle, CURLOPT_CAINFO, authorities) }
  }

  private func setBody(_ body: UnsafeRawBufferPointer, method: String) {
    switch method {
    case "GET": break
    case "HEAD": _ = fc_curl_set_number(handle, CURLOPT_NOBODY, 1)
    default:
      _ = fc_curl_set_number(handle, CURLOPT_POST, 1)
      _ = fc_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, body.count)
      _ = fc_curl_set_text(
        handle,
        CURLOPT_POSTFIELDS,
        body.baseAddress?.assumingMemoryBound(to: CChar.self)
      )
      if method != "POST" { _ = fc_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, method) }
    }
  }

  private func answerHeaders() -> [String: String] {
    var headers: [String: String] = [:]
    var header: UnsafeMutablePointer<curl_header>?
    while let next = curl_easy_nextheader(handle, UInt32(CURLH_HEADER), -1, header) {
      headers[String(cString: next.pointee.name).lowercased()] = String(cString: next.pointee.value)
      header = next
    }
    return headers
  }

  private func failure(_ code: CURLcode) -> HTTPFailure {
    let text = String(cString: errorText)
    return HTTPFailure(
      Self.kind(code),
      text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    )
  }

  private static func kind(_ code: CURLcode) -> HTTPFailure.Kind {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotFound
    case CURLE_COULDNT_CONNECT: .noConnection
    case CURLE_OPERATION_TIMEDOUT: .timeout
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      .untrusted
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE,
      CURLE_SSL_CONNECT_ERROR, CURLE_WEIRD_SERVER_REPLY:
      .broken
    default: .unusable
    }
  }
}

/// Where an answer's body arrives.
private final class AnswerBody {
  private(set) var bytes = ScannableBytes()
  private let handle: UnsafeMutableRawPointer
  private static let greatestPresize = 16 << 20

  init(_ handle: UnsafeMutableRawPointer) { self.handle = handle }

  /// libcurl's write callback: `answer` is what `fc_curl_set_writer_data` was given.
  static func append(
    _ chunk: UnsafeMutablePointer<CChar>?,
    byteCount: Int,
    to answer: UnsafeMutableRawPointer?
  ) -> Int {
    guard let answer else { return 0 }
    let body = Unmanaged<AnswerBody>.fromOpaque(answer).takeUnretainedValue()
    if body.bytes.count == 0 { body.reserveAll() }
    body.bytes.append(UnsafeRawBufferPointer(start: chunk, count: byteCount))
    return byteCount
  }

  /// Room for as much as the header says.
  private func reserveAll() {
    var header: UnsafeMutablePointer<curl_header>?
    guard
      curl_easy_header(handle, "content-length", 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK,
      let header, let byteCount = Int(String(cString: header.pointee.value)), byteCount > 0
    else { return }
    bytes.reserve(min(byteCount, Self.greatestPresize))
  }
}

extension Duration {
  /// For libcurl's time-outs, of which 0 means none: at least 1.
  fileprivate var wholeMilliseconds: Int {
    max(1, Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000))
  }
}
