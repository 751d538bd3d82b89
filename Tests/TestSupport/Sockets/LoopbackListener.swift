import Foundation
import Synchronization

/// A port of 127.0.0.1 whose connections are served by a thread each.
package final class LoopbackListener: Sendable {
  package struct Failure: Error {
    package var call: String
  }

  package let port: UInt16
  private let open: Mutex<Connections>

  private struct Connections {
    var isStopped = false
    var listener: Int32
    var descriptors: Set<Int32> = []
  }

  /// - Parameter serve: called by many threads at once, with a descriptor that is closed when it
  ///   returns.
  /// - Throws: `Failure` when there is no port.
  package init(_ serve: @escaping @Sendable (Int32) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = LoopbackSocket.address(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, address, &length) == 0
      }
    }
    guard isListening else { throw Failure(call: "listen") }
    port = UInt16(bigEndian: address.sin_port)
    open = Mutex(Connections(listener: listener))
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { break }
        guard admit(connection) else { continue }
        Thread.detachNewThread { [self] in
          LoopbackSocket.sendAtOnce(connection)
          serve(connection)
          end(connection)
        }
      }
      close(listener)
    }
  }

  /// Ends it: connections end, and are refused from now on.
  ///
  /// Its threads close the sockets, so that no other test is given their numbers meanwhile.
  package func stop() {
    open.withLock { open in
      guard !open.isStopped else { return }
      open.isStopped = true
      shutdown(open.listener, Int32(SHUT_RDWR))
      for descriptor in open.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  private func admit(_ connection: Int32) -> Bool {
    open.withLock { open in
      guard !open.isStopped else {
        close(connection)
        return false
      }
      open.descriptors.insert(connection)
      return true
    }
  }

  private func end(_ connection: Int32) {
    open.withLock { open in
      open.descriptors.remove(connection)
      close(connection)
    }
  }
}
