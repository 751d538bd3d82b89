/// One action of a service, before it is signed.
package struct ServiceRequest: Sendable {
  package typealias Parameter = (name: String, value: String)

  /// As IAM policies name it, without the service: `PutRecords`.
  package var action: String
  /// What it works on, for messages: `stream "shop-clicks"`.
  package var resource: String
  package var method: String
  /// Percent-encoded.
  package var path: String
  package var query: [Parameter]
  /// Without `Host` and what a signature adds.
  package var headers: [HTTPRequest.Header]
  package var body: [UInt8]

  package init(
    _ action: String,
    on resource: String,
    method: String = "POST",
    path: String = "/",
    query: [Parameter] = [],
    headers: [HTTPRequest.Header] = [],
    body: [UInt8] = []
  ) {
    self.action = action
    self.resource = resource
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }

  /// An action of a service that speaks AWS JSON 1.1, such as Kinesis.
  ///
  /// - Parameters:
  ///   - action: the last part of the header `X-Amz-Target`.
  ///   - resource: for messages.
  ///   - target: the service's name and version before the action: `Kinesis_20131202`.
  ///   - body: a JSON object.
  /// - Returns: the request, with the headers of the protocol.
  package static func json(
    _ action: String,
    on resource: String,
    target: String,
    body: [UInt8]
  ) -> ServiceRequest {
    ServiceRequest(
      action,
      on: resource,
      headers: [
        ("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "\(target).\(action)"),
      ],
      body: body
    )
  }
}
