import CScan
import Dataflow

/// Decodes the CSV rows of one event type; the columns may stand in any order.
///
/// Rows are checked against the same schema as JSON messages, by the same `FieldReader`.
struct CSVEventDecoder<Event: DecodableEvent> {
  /// The field of each column; the count of fields where there is none.
  private let targets: [Int]
  private let skipped: UInt32
  private var memory = ScannerMemory(schema: Event.schema)
  private var times = TimeReader(.lenient)

  init(header: CSVHeader, skippingDetails: Bool) throws(CSVHeaderFault) {
    skipped = skippingDetails ? Event.schema.details : 0
    let names = Event.schema.fieldNames
    let required = Bits(Event.schema.required).map { names[$0] }
    try header.require(required)
    targets = header.names.map { names.firstIndex(of: $0) ?? names.count }
  }

  mutating func decode(
    rows: UnsafeMutableRawBufferPointer,
    startOffset: Int64,
    limit: Int,
    into batch: inout RecordBatch<Event>
  ) -> Int {
    guard let start = rows.baseAddress else { return 0 }
    return withRun { run in
      let end = start + rows.count
      var cursor = start
      var taken = 0
      while cursor < end, taken < limit {
        let row = run.rows.scanRow(at: cursor, end: end)
        let message = cursor
        cursor += row.consumed
        if row.byteCount == 0 { continue }
        taken += 1
        batch.append(
          message,
          byteCount: row.byteCount,
          offset: startOffset + Int64(message - start)
        ) { () throws(RejectReason) in try run.read(message, row) }
      }
      return cursor - start
    }
  }

  private mutating func withRun<Result>(_ body: (inout Run) -> Result) -> Result {
    var times = times
    defer { self.times = times }
    return targets.withUnsafeBufferPointer { targets in
      memory.lend { scanner in
        let places = scanner.places.fields
        var run = Run(
          rows: CSVRowScanner(
            targets: targets,
            unwanted: Event.schema.event.count,
            places: places
          ),
          json: scanner,
          reader: FieldReader(
            schema: Event.schema,
            fields: scanner.fields,
            places: places,
            times: times,
            skipping: skipped
          )
        )
        defer { times = run.reader.times }
        return body(&run)
      }
    }
  }

  /// A decoder at work, with its memory at hand.
  private struct Run {
    let rows: CSVRowScanner
    /// For cells that hold JSON; shares the places with the rows, which use only the event's.
    var json: ObjectScanner
    var reader: FieldReader<CSVQuotes>

    mutating func read(
      _ message: UnsafeMutableRawPointer,
      _ row: CSVRowScanner.Row
    ) throws(RejectReason) -> FieldValues {
      if let fault = row.fault {
        let text = UnsafeRawBufferPointer(start: message, count: row.byteCount)
        throw .fault(fault, of: text, format: "CSV")
      }
      var found = row.found
      let schema = reader.schema
      for index in Bits(found.present & schema.all & ~schema.texts) {
        note(index, of: message, &found)
      }
      return try reader.read(message, found)
    }

    /// Notes what a cell is in JSON, so that it is checked as a message's field is.
    private mutating func note(
      _ index: Int,
      of message: UnsafeRawPointer,
      _ found: inout FoundFields
    ) {
      let bit: UInt32 = 1 << UInt32(index)
      let places = rows.places
      let cell = found.plain & bit != 0 ? .plainString : places.traits[index]
      let form = json.fields[index].form
      switch form {
      case .text, .time:
        return
      case .amount, .number, .integer:
        // Whether it is one, the reader finds out.
        places.traits[index] = ValueTraits(kind: .number, flags: cell.flags)
      case .object, .objects:
        let slice = places.slices[index]
        let text = UnsafeRawBufferPointer(
          start: message + Int(slice.offset),
          count: Int(slice.length)
        )
        places.traits[index] = json.traits(
          of: text,
          form: form,
          isEscaped: cell.flags.contains(.escape)
        )
      }
      found.plain &= ~bit
    }
  }
}

extension ObjectScanner {
  /// The traits of JSON text in a cell; those of a string if it is no JSON.
  fileprivate mutating func traits(
    of text: UnsafeRawBufferPointer,
    form: Field.Form,
    isEscaped: Bool
  ) -> ValueTraits {
    withUnsafeTemporaryAllocation(byteCount: text.count + 64, alignment: 1) { copy in
      guard let start = copy.baseAddress, let source = text.baseAddress else {
        return .plainString
      }
      var byteCount = text.count
      if isEscaped {
        byteCount = scan_unquote(source, text.count, start)
      } else {
        copy.copyMemory(from: text)
      }
      (message, end) = (UnsafeRawPointer(start), UnsafeRawPointer(start + byteCount))
      // The event itself is the first level.
      guard let value = try? scanValue(at: skipSpace(message), of: form, depth: 1),
        skipSpace(value.end) == end
      else { return .plainString }
      var traits = value.traits
      if isEscaped { traits.flags.insert(.escape) }
      return traits
    }
  }
}
