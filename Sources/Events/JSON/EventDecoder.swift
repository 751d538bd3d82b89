import CScan
import Dataflow

/// Decodes the JSON messages of one event type, in three passes over each.
///
/// 1. `ObjectScanner` checks the whole message's syntax and notes where the fields stand.
/// 2. `FieldReader` checks the fields against the schema and reads the time and the amount.
/// 3. Text with escapes is rewritten in place. So a message that is rejected stays as it was.
struct EventDecoder<Event: DecodableEvent> {
  /// PostgreSQL can hold no row of 1 GiB, so it gets no message that could grow to one.
  static var maximumByteCount: Int { 1 << 28 }

  private let schema = Event.schema
  private var guesses: [scan_literal]
  private var times = TimeReader()

  init() {
    guesses = Array(
      repeating: ObjectScanner.noGuess,
      count: ObjectScanner.Places.count(fields: schema.fields.count)
    )
  }

  mutating func decode(
    message: UnsafeMutableRawBufferPointer,
    offset: Int64,
    into batch: inout RecordBatch<Event>
  ) {
    guard let start = message.baseAddress else {
      batch.rejects.append(
        RejectedMessage(message: nil, byteCount: 0, offset: offset, reason: .empty)
      )
      return
    }
    withRun { run in
      run.decode(start, byteCount: message.count, offset: offset, into: &batch)
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
        var byteCount = scan_line(line, rest)
        let offset = startOffset + Int64(consumed)
        consumed += min(byteCount + 1, rest)
        if byteCount > 0, line.load(fromByteOffset: byteCount - 1, as: UInt8.self) == 0x0d {
          byteCount -= 1
        }
        if run.isBlank(line, byteCount: byteCount) { continue }
        run.decode(line, byteCount: byteCount, offset: offset, into: &batch)
        taken += 1
      }
      return consumed
    }
  }

  /// Lends the memory that a run of messages needs.
  private mutating func withRun<Result>(_ body: (inout Run) -> Result) -> Result {
    let schema = schema
    let count = guesses.count
    return schema.fields.withUnsafeBufferPointer { fields in
      guesses.withUnsafeMutableBufferPointer { guesses in
        withUnsafeTemporaryAllocation(of: ByteSlice.self, capacity: count) { slices in
          withUnsafeTemporaryAllocation(of: JSONTraits.self, capacity: count) { traits in
            guard let fields = fields.baseAddress, let guesses = guesses.baseAddress,
              let slices = slices.baseAddress, let traits = traits.baseAddress
            else { preconditionFailure("a schema without fields") }
            let places = ObjectScanner.Places(guesses: guesses, slices: slices, traits: traits)
            var run = Run(
              scanner: ObjectScanner(
                fields: fields,
                anyObject: Shape(first: schema.fields.count, count: 0),
                places: places,
                message: fields,
                end: fields
              ),
              reader: FieldReader(schema: schema, fields: fields, places: places, times: times)
            )
            defer { times = run.reader.times }
            return body(&run)
          }
        }
      }
    }
  }

  /// A decoder at work.
  struct Run {
    var scanner: ObjectScanner
    var reader: FieldReader

    func isBlank(_ line: UnsafeRawPointer, byteCount: Int) -> Bool {
      for index in 0..<byteCount {
        switch line.load(fromByteOffset: index, as: UInt8.self) {
        case 0x20, 0x09, 0x0d: continue
        default: return false
        }
      }
      return true
    }

    mutating func decode(
      _ message: UnsafeMutableRawPointer,
      byteCount: Int,
      offset: Int64,
      into batch: inout RecordBatch<Event>
    ) {
      do throws(RejectReason) {
        guard byteCount <= maximumByteCount else { throw .tooLong(byteCount) }
        let found = try scan(message, byteCount: byteCount)
        let values = try reader.read(message, found)
        batch.records.append(
          Event(
            message: message,
            byteCount: Int32(truncatingIfNeeded: byteCount),
            offset: offset,
            values: values
          )
        )
      } catch {
        batch.rejects.append(
          RejectedMessage(message: message, byteCount: byteCount, offset: offset, reason: error)
        )
      }
    }

    private mutating func scan(
      _ message: UnsafeRawPointer,
      byteCount: Int
    ) throws(RejectReason) -> ObjectScanner.Found {
      do throws(JSONFault) {
        return try scanner.scan(message, byteCount: byteCount, as: reader.schema.event)
      } catch {
        throw .fault(error, message: UnsafeRawBufferPointer(start: message, count: byteCount))
      }
    }
  }
}
