import Dispatch
import Testing

/// Runs a job on a thread of its own.
final class Background: @unchecked Sendable {
  private let group = DispatchGroup()
  /// Written before the group is left, read after it was waited for.
  private var result: Result<Void, any Error> = .success(())

  init(_ body: @escaping @Sendable () throws -> Void) {
    group.enter()
    DispatchQueue(label: "job").async {
      self.result = Result { try body() }
      self.group.leave()
    }
  }

  func wait(_ location: SourceLocation = #_sourceLocation) throws {
    try #require(group.wait(timeout: .now() + 120) == .success, sourceLocation: location)
    try result.get()
  }
}

/// Waits for another thread to get somewhere, for two minutes at most.
func waitUntil(_ condition: () -> Bool, _ location: SourceLocation = #_sourceLocation) {
  let end = ContinuousClock.now + .seconds(120)
  let tick = DispatchSemaphore(value: 0)
  while !condition(), ContinuousClock.now < end {
    _ = tick.wait(timeout: .now() + .milliseconds(1))
  }
  #expect(condition(), sourceLocation: location)
}
