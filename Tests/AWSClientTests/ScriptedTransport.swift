import AWSClient
import Dataflow
import Synchronization

/// Answers requests as a script says, one after another, and keeps them.
final class ScriptedTransport: HTTPTransport {
  enum Step: Sendable {
    case answer(Int, headers: [String: String] = [:], String)
    case failure(HTTPFailure.Kind)
  }

  private let steps: Mutex<[Step]>
  private let received = Mutex<[HTTPRequest]>([])

  /// - Parameter steps: the last one goes on.
  init(_ steps: [Step]) { self.steps = Mutex(steps) }

  var requests: [HTTPRequest] { received.withLock { $0 } }

  func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    received.withLock { $0.append(request) }
    switch steps.withLock({ $0.count > 1 ? $0.removeFirst() : $0[0] }) {
    case .answer(let status, let headers, let body):
      return HTTPResponse(status: status, headers: headers, body: ScannableBytes(body.utf8))
    case .failure(let kind):
      throw HTTPFailure(kind, "\(kind)")
    }
  }
}

/// A clock that a test sets.
final class SetClock: Sendable {
  private let time: Mutex<EventTime>

  init(_ time: EventTime) { self.time = Mutex(time) }

  var now: EventTime {
    get { time.withLock { $0 } }
    set { time.withLock { $0 = newValue } }
  }
}

extension HTTPRequest {
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
