import AWSClient
import Foundation

extension KinesisClient {
  /// What a stream or shard is called in messages.
  package static func resource(_ stream: String, shard: String? = nil) -> String {
    (shard.map { "shard \($0) of " } ?? "") + "stream \"\(stream)\""
  }

  /// Calls an action that is rarely needed, and decodes its answer.
  func call<Answer: Decodable>(
    _ action: String,
    on resource: String,
    _ body: [String: Any],
    retrying policy: RetryPolicy
  ) throws(ServiceError) -> Answer {
    let request = request(action, on: resource, body)
    return try service.call(request, retrying: policy) { response throws(ServiceError) in
      do {
        return try JSONDecoder().decode(Answer.self, from: Data(response.body.text.utf8))
      } catch {
        throw unreadable(
          action,
          on: resource,
          "expected the fields of \(action) in its answer, found \(response.body.count) other bytes"
        )
      }
    }
  }

  func send(
    _ action: String,
    on resource: String,
    _ body: [String: Any],
    retrying policy: RetryPolicy
  ) throws(ServiceError) -> HTTPResponse {
    try service.call(request(action, on: resource, body), retrying: policy)
  }

  private func request(
    _ action: String,
    on resource: String,
    _ body: [String: Any]
  ) -> ServiceRequest {
    // The fields are texts and numbers of this module: there is always JSON for them.
    let json = (try? JSONSerialization.data(withJSONObject: body)) ?? Data("{}".utf8)
    return .json(action, on: resource, target: Self.target, body: Array(json))
  }

  func unreadable(
    _ action: String,
    on resource: String,
    _ message: String
  ) -> ServiceError {
    ServiceError(
      .unreadable,
      action: "kinesis:\(action)",
      resource: resource,
      endpoint: service.endpoint,
      message: message
    )
  }
}
