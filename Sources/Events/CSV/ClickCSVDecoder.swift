/// Decodes clicks from CSV rows whose columns are named as the fields, in any order.
///
/// A column that no field is named after is ignored, an empty cell is an absent field. Times may also
/// be dates, have a space before the clock, and end with ` UTC` or without a zone (UTC). A row that
/// does not fit goes to the batch's rejects.
package struct ClickCSVDecoder {
  private var decoder: CSVEventDecoder<ClickRecord>

  /// - Parameters:
  ///   - header: of the file.
  ///   - skippingDetails: whether fields that no answer needs are only checked, and left absent.
  /// - Throws: `CSVHeaderFault.lacking` if a required field has no column.
  package init(header: CSVHeader, skippingDetails: Bool = false) throws(CSVHeaderFault) {
    decoder = try CSVEventDecoder(header: header, skippingDetails: skippingDetails)
  }

  /// Decodes whole rows, up to `limit` records and rejects together; empty lines are skipped.
  ///
  /// - Parameters:
  ///   - rows: rows behind the header, the last of which may lack its line end; may be rewritten in
  ///     place, and 64 bytes behind them are readable.
  ///   - startOffset: where the first of them stands in the file.
  ///   - limit: at least 1.
  ///   - batch: takes the records and rejects.
  /// - Returns: the number of bytes consumed, always whole rows with their ends.
  package mutating func decode(
    rows: UnsafeMutableRawBufferPointer,
    startOffset: Int64,
    limit: Int,
    into batch: inout ClickBatch
  ) -> Int {
    decoder.decode(
      rows: rows,
      startOffset: startOffset,
      limit: limit,
      into: &batch
    )
  }
}
