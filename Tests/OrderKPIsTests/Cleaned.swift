import Events
import OrderKPIs
import Testing

/// Cleans the text of a file, and gives the batch to `body` while the memory that it points to is
/// there.
func cleaning<Row: CleanRow, Result>(
  _ text: String,
  as row: Row.Type,
  _ body: (CleanBatch<Row>) throws -> Result
) throws -> Result {
  let bytes = Array(text.utf8)
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 128, alignment: 16)
  defer { memory.deallocate() }
  // Digits behind the text, which must not become part of it.
  memory.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "7"))
  memory.copyBytes(from: bytes)
  let whole = UnsafeMutableRawBufferPointer(rebasing: memory[..<bytes.count])
  let header = try CSVHeader(UnsafeRawBufferPointer(whole), isWhole: true)
  var cleaner = RowCleaner<Row>(try TableLayout(of: Row.table, header: header))
  var batch = CleanBatch<Row>()
  let rows = UnsafeMutableRawBufferPointer(rebasing: whole[header.byteCount...])
  let consumed = try cleaner.clean(
    rows,
    at: Int64(header.byteCount),
    limit: .max,
    into: &batch
  )
  #expect(consumed == rows.count)
  return try body(batch)
}
