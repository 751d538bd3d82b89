import CCurl
package import Connect
package import Foundation

/// POSTs the result to a URL, as `application/json`.
///
/// Redirects are not followed, certificates are checked. The URL may hold a secret, so only its host
/// is ever shown.
package struct Webhook: NotificationChannel {
  private let url: String
  private let host: String
  /// Sent as `Authorization: Bearer TOKEN`.
  private let token: String?

  private static let timeoutSeconds = 15

  /// - Throws: `.usage` for what is no `http://` or `https://` URL, or has a password in it.
  package init(url text: String, token: String?) throws(ConnectorError) {
    guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
      parts.scheme == "https" || parts.scheme == "http"
    else {
      throw ConnectorError(
        .usage,
        "could not read the notification URL: expected https://HOST/PATH or http://HOST/PATH",
        hint: "It is not shown since it may hold a secret."
      )
    }
    guard parts.password == nil else {
      throw ConnectorError(
        .usage,
        "expected no password in the notification URL for \(host), found one",
        hint: "Give a bearer token in FIRSTCLICK_NOTIFY_TOKEN or FIRSTCLICK_NOTIFY_TOKEN_FILE."
      )
    }
    if let token, token.contains(where: { $0.isNewline }) || token.isEmpty {
      throw ConnectorError(.usage, "expected the notification token to be one line of text")
    }
    url = text
    self.host = host
    self.token = token
  }

  package var description: String { "the webhook at \(host)" }

  package func deliver(_ result: Data) throws(ConnectorError) {
    guard let handle = curl_easy_init() else {
      throw ConnectorError(.transient, "could not notify \(host): out of memory")
    }
    defer { curl_easy_cleanup(handle) }
    let code = post(result, by: handle)
    guard code == CURLE_OK else {
      throw ConnectorError(
        .transient,
        "could not notify \(host): \(String(cString: curl_easy_strerror(code)))"
      )
    }
    let status = fc_curl_response_code(handle)
    guard 200...299 ~= status else {
      throw ConnectorError(
        status >= 500 || status == 429 ? .transient : .permanent,
        "could not notify \(host): it answered with HTTP status \(status)"
      )
    }
  }

  /// Sends the request and waits for the answer.
  private func post(_ result: Data, by handle: UnsafeMutableRawPointer) -> CURLcode {
    var headers = curl_slist_append(nil, "Content-Type: application/json")
    headers = curl_slist_append(headers, "Expect:")
    if let token { headers = curl_slist_append(headers, "Authorization: Bearer \(token)") }
    defer { curl_slist_free_all(headers) }
    // libcurl copies texts but these: the body lives until perform returns.
    let body = [UInt8](result)
    return body.withUnsafeBytes { body in
      _ = fc_curl_set_text(handle, CURLOPT_URL, url)
      _ = fc_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
      _ = fc_curl_set_text(handle, CURLOPT_USERAGENT, "firstclick")
      _ = fc_curl_set_headers(handle, headers)
      _ = fc_curl_set_number(handle, CURLOPT_POSTFIELDSIZE, body.count)
      _ = fc_curl_set_text(
        handle,
        CURLOPT_POSTFIELDS,
        body.baseAddress?.assumingMemoryBound(to: CChar.self)
      )
      _ = fc_curl_set_number(handle, CURLOPT_TIMEOUT, Self.timeoutSeconds)
      // No signals: other threads run.
      _ = fc_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
      _ = fc_curl_set_writer(handle) { _, size, count, _ in size * count }
      return curl_easy_perform(handle)
    }
  }
}
