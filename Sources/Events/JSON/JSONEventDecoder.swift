import CScan
import Dataflow

/// Decodes the JSON messages of one event type, in three passes over each.
///
/// 1. `ObjectScanner` checks the whole message's syntax and notes where the fields stand.
/// 2. `FieldReader` checks the fields against the schema and reads the time and the amount.
/// 3. Text with escapes is rewritten in place. So a message that is rejected stays as it was.
struct JSONEventDecoder<Event: DecodableEvent> {
  private var memory = ScannerMemory(schema: Event.schema)
  private var times = TimeReader(.strict)

  mutating func decode(
    messages count: Int,
    into batch: inout RecordBatch<Event>,
    at place: (Int) -> (bytes: UnsafeMutableRawBufferPointer, offset: Int64)
  ) {
    withRun { run in
      for index in 0..<count {
        let (message, offset) = place(index)
        guard let start = message.baseAddress else {
          batch.rejects.append(
            RejectedMessage(message: nil, byteCount: 0, offset: offset, reason: .nullPayload)
          )
          continue
        }
        batch.append(start, byteCount: message.count, offset: offset) { () throws(RejectReason) in
          try run.read(start, byteCount: message.count)
        }
      }
    }
  }

  mutating func decode(
    lines: UnsafeMutableRawBufferPointer,
    startOffset: Int64,
    limit: Int,
    into batch: inout RecordBatch<Event>
  ) -> Int {
    guard let start = lines.baseAddress else { return 0 }
    return withRun { run in
      var consumed = 0
      var taken = 0
      while consumed < lines.count, taken < limit {
        let line = start + consumed
        let rest = lines.count - consumed
        var byteCount = scan_until(line, UInt8(ascii: "\n"), rest)
        let offset = startOffset + Int64(consumed)
        consumed += min(byteCount + 1, rest)
        if byteCount > 0, line.load(fromByteOffset: byteCount - 1, as: UInt8.self) == 0x0d {
          byteCount -= 1
        }
        if run.isBlank(line, byteCount: byteCount) { continue }
        taken += 1
        if !run.scanner.stops.cover(line, byteCount: byteCount) {
          run.scanner.stops.mark(line, byteCount: lines.count - (line - start))
        }
        TextStops.prefetchNext(line, byteCount: byteCount)
        batch.append(line, byteCount: byteCount, offset: offset) { () throws(RejectReason) in
          try run.read(line, byteCount: byteCount)
        }
      }
      return consumed
    }
  }

  private mutating func withRun<Result>(_ body: (inout Run) -> Result) -> Result {
    var times = times
    defer { self.times = times }
    return memory.lend { scanner in
      var run = Run(
        scanner: scanner,
        reader: FieldReader(
          schema: Event.schema,
          fields: scanner.fields,
          places: scanner.places.fields,
          times: times
        )
      )
      defer { times = run.reader.times }
      return body(&run)
    }
  }

  /// A decoder at work, with its memory at hand.
  private struct Run {
    var scanner: ObjectScanner
    var reader: FieldReader<JSONEscapes>

    func isBlank(_ line: UnsafeRawPointer, byteCount: Int) -> Bool {
      for index in 0..<byteCount {
        switch line.load(fromByteOffset: index, as: UInt8.self) {
        case 0x20, 0x09, 0x0d: continue
        default: return false
        }
      }
      return true
    }

    mutating func read(
      _ message: UnsafeMutableRawPointer,
      byteCount: Int
    ) throws(RejectReason) -> FieldValues {
      let found: FoundFields
      do throws(SyntaxFault) {
        found = try scanner.scan(message, byteCount: byteCount, as: reader.schema.event)
      } catch {
        let text = UnsafeRawBufferPointer(start: message, count: byteCount)
        throw .fault(error, of: text, format: "JSON")
      }
      return try reader.read(message, found)
    }
  }
}
