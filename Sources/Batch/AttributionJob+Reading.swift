import Connect
import Events
import FileInput

extension AttributionJob {
  /// Reads all files into partitions, with one writer a thread.
  func readAll(
    _ pool: BlockPool,
    _ key: FingerprintKey,
    into output: any AttributionOutput
  ) throws(ConnectorError) -> [PartitionWriter] {
    let writers = (0..<settings.workers).map { number in
      PartitionWriter(
        number,
        plan,
        key,
        pool: pool,
        keepingWholeRecords: output.storesRecords,
        makeSpillFile: { [directory = settings.temporaryDirectory] () throws(ConnectorError) in
          try SpillFile(in: directory)
        }
      )
    }
    let shared = UncheckedShare(writers)
    try concurrently(settings.workers) { worker throws(ConnectorError) in
      let writer = shared.value[worker]
      let buffer = ChunkBuffer()
      let rejects = RejectRows(for: output)
      let skippingDetails = !output.storesRecords
      try read(
        clicks,
        with: ClickFileDecoder(skippingDetails: skippingDetails),
        buffer,
        into: writer,
        rejects
      )
      try read(
        checkouts,
        with: CheckoutFileDecoder(skippingDetails: skippingDetails),
        buffer,
        into: writer,
        rejects
      )
      try rejects.flush()
      writer.finish()
    }
    return writers
  }

  private func read<Lines: MessageDecoder, Rows: RowDecoder>(
    _ reader: ChunkReader,
    with decoder: FileDecoder<Lines, Rows>,
    _ buffer: ChunkBuffer,
    into writer: PartitionWriter,
    _ rejects: RejectRows
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
        guard !batch.rejects.isEmpty else { return }
        try badRows.append(batch.rejects, of: Lines.Record.stream, in: chunk)
        try rejects.append(batch.rejects, of: Lines.Record.stream, in: chunk)
      }
    }
  }
}

/// Bad messages on their way to the output, of one thread.
private final class RejectRows {
  private static let mostByteCount = 4 << 20

  private let output: any AttributionOutput
  private let rows: any OutputRows

  init(for output: any AttributionOutput) {
    self.output = output
    rows = output.makeRows()
  }

  func append(
    _ rejects: [RejectedMessage],
    of stream: StreamKind,
    in chunk: Chunk
  ) throws(ConnectorError) {
    // An output of answers alone has no use for them, and lines are not looked up for nothing.
    guard output.storesRecords else { return }
    // Files have no partitions: their offsets alone do not tell which one it is.
    var rejects = rejects
    for (index, place) in BadPlace.texts(of: rejects, in: chunk).enumerated() {
      rejects[index].place = place
    }
    rows.append(rejects, of: stream)
    if rows.byteCount > Self.mostByteCount { try flush() }
  }

  func flush() throws(ConnectorError) {
    try output.write(rejects: rows)
    rows.removeAll()
  }
}

/// What each thread takes its own part of.
///
/// Unchecked: no two threads use the same part at the same time.
struct UncheckedShare<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}
