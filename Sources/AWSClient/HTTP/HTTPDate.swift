import CCurl
import Dataflow

/// Times as HTTP headers write them: `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
  static func time(_ text: String) -> EventTime? {
    let seconds = curl_getdate(text, nil)
    return seconds < 0 ? nil : EventTime(microseconds: Int64(seconds) * 1_000_000)
  }
}
