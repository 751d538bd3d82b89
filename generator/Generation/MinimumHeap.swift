/// A priority queue: the element with the smallest key comes first, the older one of equals.
///
/// Insertion and removal in O(log n).
struct MinimumHeap<Element> {
  private struct Node {
    var key: Int64
    var order: UInt64
    var element: Element

    @inline(__always)
    func precedes(_ other: Node) -> Bool { (key, order) < (other.key, other.order) }
  }

  private var nodes: [Node] = []
  private var inserted: UInt64 = 0

  var isEmpty: Bool { nodes.isEmpty }
  var count: Int { nodes.count }
  /// The smallest key; nil when there is none.
  var firstKey: Int64? { nodes.first?.key }

  mutating func insert(_ element: Element, key: Int64) {
    nodes.append(Node(key: key, order: inserted, element: element))
    inserted += 1
    var child = nodes.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard nodes[child].precedes(nodes[parent]) else { return }
      nodes.swapAt(child, parent)
      child = parent
    }
  }

  mutating func removeFirst() -> Element? {
    guard let last = nodes.popLast() else { return nil }
    guard let first = nodes.first else { return last.element }
    nodes[0] = last
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < nodes.count && nodes[child].precedes(nodes[smallest]) {
        smallest = child
      }
      guard smallest != parent else { return first.element }
      nodes.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
