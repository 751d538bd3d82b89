import Connect
import Events
import FileInput

extension AttributionJob {
  /// Reads all files into partitions, with one writer a thread.
  func readAll(_ pool: BlockPool) throws(ConnectorError) -> [PartitionWriter] {
    let writers = (0..<settings.workers).map { _ in
      PartitionWriter(
        partitionCount: plan.partitionCount,
        pool: pool,
        makeSpillFile: { [directory = settings.temporaryDirectory] () throws(ConnectorError) in
          try SpillFile(in: directory)
        }
      )
    }
    let shared = UncheckedShare(writers)
    try concurrently(settings.workers) { worker throws(ConnectorError) in
      let writer = shared.value[worker]
      let buffer = ChunkBuffer()
      try read(clicks, with: ClickFileDecoder(), buffer, into: writer)
      try read(checkouts, with: CheckoutFileDecoder(), buffer, into: writer)
      writer.finish()
    }
    return writers
  }

  private func read<Lines: MessageDecoder, Rows: RowDecoder>(
    _ reader: ChunkReader,
    with decoder: FileDecoder<Lines, Rows>,
    _ buffer: ChunkBuffer,
    into writer: PartitionWriter
  ) throws(ConnectorError) where Lines.Record: PackedRecord {
    var decoder = decoder
    while let chunk = try reader.next(into: buffer) {
      try checkStop()
      let key = RunHeader.key(
        Lines.Record.stream,
        order: chunk.file.order,
        offset: chunk.offset
      )
      try decoder.decode(chunk) { batch throws(ConnectorError) in
        try writer.append(batch.records, key: key)
        try badRows.append(batch.rejects, of: chunk)
      }
    }
  }
}

/// What each thread takes its own part of.
///
/// Unchecked: no two threads use the same part at the same time.
struct UncheckedShare<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}
