import Foundation
import OrderKPIs
import Testing

/// The JSON Schema files and the cleaning say the same: rows made from the schema are the judge.
@Suite struct SchemaTests {
  @Test(arguments: ShopTable.allCases, TableShape.Name.allCases)
  func `a schema lists the columns of its shape`(
    table: ShopTable,
    name: TableShape.Name
  ) throws {
    let schema = try RowSchema(table, name)
    let shape = try #require(table.shapes.first { $0.name == name })
    #expect(Set(schema.properties.keys) == Set(shape.columns.map(\.name)))
    #expect(schema.required == Set(shape.columns.filter(\.isRequired).map(\.name)))
  }

  @Test(arguments: ShopTable.allCases, TableShape.Name.allCases)
  func `the examples are accepted`(table: ShopTable, name: TableShape.Name) throws {
    let schema = try RowSchema(table, name)
    #expect(schema.examples.count == 2)
    for example in schema.examples {
      #expect(schema.accepts(example))
      #expect(try isClean(example, of: table))
    }
  }

  @Test(arguments: ShopTable.allCases, TableShape.Name.allCases)
  func `every variation of a cell is judged alike`(
    table: ShopTable,
    name: TableShape.Name
  ) throws {
    let schema = try RowSchema(table, name)
    let base = try #require(schema.examples.first)
    let cells = [
      "", " ", "\t", "0", "00", "0.0", "-0", "-1", "1", " 7 ", "+2", "1.0", "1.5", ".5", "1e2",
      "0e1",
      "1,5", "x", "NaN", "007", "123456789", "1234567890", "2024-03-05", " 2024-03-05 ",
      "2024-13-05", "2024-03-32", "2024-03-05T24:00:00Z", "2024-03-05 23:59:59",
      "2024-03-05T08:15:30.123456789Z", "2024-03-05T08:15:30.Z", "2024-03-05 08:15:30 UTC",
      "2024-03-05 08:15:30 CET", "2024-03-05T08:15:30+05:30", "2024-03-05T08:15:30+0530",
      "2024-03-05T08:15:30+05", "2024-03-05T08:15:30+24:00", "2024-03-05 08:15", "Returned",
    ]
    for column in schema.properties.keys {
      for cell in cells {
        var row = base
        row[column] = cell
        #expect(try isClean(row, of: table) == schema.accepts(row), "\(column) = \"\(cell)\"")
      }
    }
  }

  /// Whether a file with only this row has a clean one.
  private func isClean(_ row: [String: String], of table: ShopTable) throws -> Bool {
    let columns = row.keys.sorted()
    let text = CSVText(columns: columns, rows: [columns.map { row[$0] ?? "" }]).text(.quoted)
    return switch table {
    case .products: try cleaning(text, as: ProductRow.self) { $0.rows.count == 1 }
    case .orders: try cleaning(text, as: OrderRow.self) { $0.rows.count == 1 }
    case .orderItems: try cleaning(text, as: OrderItemRow.self) { $0.rows.count == 1 }
    }
  }
}

/// The schema of one shape, and as much of JSON Schema as ours use.
private struct RowSchema {
  let properties: [String: [String: Any]]
  let required: Set<String>
  let examples: [[String: String]]

  init(_ table: ShopTable, _ name: TableShape.Name) throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../schemas/\(table.rawValue).schema.json")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
    let shapes = try #require(json?["anyOf"] as? [[String: Any]])
    let schema = try #require(shapes.first { $0["title"] as? String == name.rawValue })
    properties = try #require(schema["properties"] as? [String: [String: Any]])
    required = Set(try #require(schema["required"] as? [String]))
    examples = try #require(schema["examples"] as? [[String: String]])
  }

  func accepts(_ row: [String: String]) -> Bool {
    required.isSubset(of: row.keys)
      && row.allSatisfy { column, cell in
        guard let pattern = properties[column]?["pattern"] as? String else { return true }
        return cell.range(of: pattern, options: .regularExpression) != nil
      }
  }
}
