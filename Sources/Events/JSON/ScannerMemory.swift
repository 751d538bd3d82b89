import CScan

/// What an `ObjectScanner` needs besides the message: its guesses, which live on from run to run.
struct ScannerMemory {
  private let schema: EventSchema
  private var guesses: [scan_literal]

  init(schema: EventSchema) {
    self.schema = schema
    guesses = Array(
      repeating: ObjectScanner.noGuess,
      count: ObjectScanner.Places.count(fields: schema.fields.count)
    )
  }

  /// Lends the memory for a run over any number of messages; allocates on the stack only.
  mutating func lend<Result>(_ body: (ObjectScanner) -> Result) -> Result {
    let count = guesses.count
    let anyObject = Shape(first: schema.fields.count, count: 0)
    return schema.fields.withUnsafeBufferPointer { fields in
      guesses.withUnsafeMutableBufferPointer { guesses in
        withUnsafeTemporaryAllocation(of: ByteSlice.self, capacity: count) { slices in
          withUnsafeTemporaryAllocation(of: ValueTraits.self, capacity: count) { traits in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: TextStops.wordCount) { words in
              guard let fields = fields.baseAddress, let guesses = guesses.baseAddress,
                let slices = slices.baseAddress, let traits = traits.baseAddress,
                let words = words.baseAddress
              else { preconditionFailure("a schema without fields") }
              let places = FieldPlaces(slices: slices, traits: traits)
              return body(
                ObjectScanner(
                  fields: fields,
                  anyObject: anyObject,
                  places: ObjectScanner.Places(guesses: guesses, fields: places),
                  stops: TextStops(words: words),
                  message: fields,
                  end: fields
                )
              )
            }
          }
        }
      }
    }
  }
}
