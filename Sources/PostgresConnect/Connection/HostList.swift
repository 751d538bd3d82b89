import CLibPQ

/// The servers that an address names, in the order in which libpq tries them.
///
/// Each option is a list separated by commas: as many hosts or numeric addresses as there are servers,
/// and as many ports, or one for all (PostgreSQL manual, "Specifying Multiple Hosts").
struct HostList {
  private var lists: [(option: String, items: [String])] = []

  init(of connection: OpaquePointer) {
    let values = ConnectionOptions.values(of: connection)
    for option in ["host", "hostaddr", "port"] {
      guard let value = values[option] else { continue }
      let items = value.split(separator: ",", omittingEmptySubsequences: false)
      lists.append((option, items.map(String.init)))
    }
  }

  /// As libpq's options.
  var options: [(String, String)] { lists.map { ($0.option, $0.items.joined(separator: ",")) } }

  /// The servers behind the one that the connection is with; nil behind the last one.
  func behind(_ connection: OpaquePointer) -> HostList? {
    let count = lists.map(\.items.count).max() ?? 0
    let current = Self.current(of: connection)
    guard let place = (0..<count).first(where: { server($0) == current }), place + 1 < count
    else { return nil }
    var rest = self
    for index in lists.indices where lists[index].items.count == count {
      rest.lists[index].items.removeFirst(place + 1)
    }
    return rest
  }

  /// The host and the port that libpq is with.
  static func current(of connection: OpaquePointer) -> [String] {
    [PQhost(connection), PQport(connection)].map { $0.map { String(cString: $0) } ?? "" }
  }

  /// As `current` says it.
  private func server(_ place: Int) -> [String] {
    let host = [item("host", place), item("hostaddr", place)].first { !$0.isEmpty } ?? ""
    let port = item("port", place)
    return [host, port.isEmpty ? "5432" : port]
  }

  private func item(_ option: String, _ place: Int) -> String {
    let items = lists.first { $0.option == option }?.items ?? []
    return items.count == 1 ? items[0] : items.indices.contains(place) ? items[place] : ""
  }
}
