/// Decodes clicks from JSON messages; learns the key order of the last one.
///
/// Never fails as a whole: what does not fit the contract goes to the batch's rejects. 64 bytes
/// behind every message (or run of lines) must be readable, whatever they hold.
package struct ClickDecoder {
  private var decoder = JSONEventDecoder<ClickRecord>()

  package init() {}

  /// Decodes one message, which may be rewritten in place.
  package mutating func decode(
    message: UnsafeMutableRawBufferPointer,
    offset: Int64,
    into batch: inout ClickBatch
  ) {
    decode(messages: 1, into: &batch) { _ in (message, offset) }
  }

  /// Decodes so many messages, which may be rewritten in place; a nil base address is a null payload.
  package mutating func decode(
    messages count: Int,
    into batch: inout ClickBatch,
    at place: (Int) -> (bytes: UnsafeMutableRawBufferPointer, offset: Int64)
  ) {
    decoder.decode(messages: count, into: &batch, at: place)
  }

  /// Decodes messages that end with `\n` or `\r\n` each (the last one may lack it), blank lines
  /// skipped, up to `limit` records and rejects together.
  ///
  /// - Returns: the number of bytes consumed, always whole lines with their ends.
  package mutating func decode(
    lines: UnsafeMutableRawBufferPointer,
    startOffset: Int64,
    limit: Int,
    into batch: inout ClickBatch
  ) -> Int {
    decoder.decode(lines: lines, startOffset: startOffset, limit: limit, into: &batch)
  }
}
