package import Events

/// Where the fields of a table stand in one file.
package struct TableLayout: Sendable {
  package let table: ShopTable
  package let shape: TableShape.Name
  /// The field of each column, in the order of the file; nil for a column that the shape lacks.
  package let columns: [Int?]

  /// Reads the shape off the header: the one with all its required columns, A if both have.
  ///
  /// - Throws: `CSVHeaderFault.lacking` with what the nearer shape lacks.
  package init(of table: ShopTable, header: CSVHeader) throws(CSVHeaderFault) {
    let shapes = table.shapes.map { (shape: $0, lacking: $0.lacking(in: header.names)) }
    let nearest = shapes.dropFirst().reduce(shapes[0]) { best, next in
      next.lacking.count < best.lacking.count ? next : best
    }
    guard nearest.lacking.isEmpty else { throw .lacking(nearest.lacking) }
    self.table = table
    shape = nearest.shape.name
    columns = header.names.map { name in
      nearest.shape.columns.first { $0.name == name }?.field
    }
  }
}
