package import Dataflow

/// Where reading a shard goes on: a token of the service, good for 5 minutes.
package struct ShardIterator: Hashable, Sendable {
  package let token: String

  package init(token: String) { self.token = token }
}

/// The place in a shard that an iterator is made for.
package enum IteratorStart: Hashable, Sendable {
  /// The oldest record that is kept.
  case trimHorizon
  /// Behind everything.
  case latest
  case at(SequenceNumber)
  case after(SequenceNumber)
  /// The first record that arrived then or later.
  case timestamp(EventTime)
}
