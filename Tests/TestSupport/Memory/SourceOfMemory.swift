package import Connect

/// A source whose log is one in memory: what remains to be said is who shares it.
package protocol SourceOfMemory: Source {
  var log: MemoryLog { get }
}

extension SourceOfMemory {
  package var identity: String { log.identity }
  package func partitionCount() -> Int { log.partitionCount() }

  package func open(
    _ stream: StreamKind,
    partition: Int,
    at position: SourcePosition?,
    until bound: ReadBound
  ) throws(ConnectorError) -> any PartitionReader {
    try log.open(stream, partition: partition, at: position, until: bound)
  }
}
