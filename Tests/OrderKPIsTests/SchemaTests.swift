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
      "0000-01-01", "0001-01-01", "9999-12-31", "2023-04-30", "2023-04-31", "2023-02-30",
      "1e0", "1E-0", "2.0e-0", "+5e+2", "100e-2", "10e-1", "20.0e-1", "0.3e1", "5e-1", "1.5e0",
      "1e8", "1e9", "1e11", "1e12", "1.5e12", "1e-20", "1e-21", "499999999999", "1000000000000",
      ".00000000000000000001", "0.000000000000000000010", "0.000000000000000000001",
      String(repeating: "k", count: 1000), String(repeating: "k", count: 1001),
      " " + String(repeating: "k", count: 1000) + "\t", "\u{A0}",
    ]
    for column in schema.properties.keys {
      for cell in cells {
        var row = base
        row[column] = cell
        #expect(try isClean(row, of: table) == schema.accepts(row), "\(column) = \"\(cell)\"")
      }
    }
  }

  /// Patterns let some through of which only the descriptions say that they do not fit.
  @Test(arguments: ShopTable.allCases, TableShape.Name.allCases)
  func `no row is refused that counts`(table: ShopTable, name: TableShape.Name) throws {
    let schema = try RowSchema(table, name)
    let base = try #require(schema.examples.first)
    let mantissas = [
      "1", "01", "10", "1200", "99", "0.3", ".5", "1.50", "12.25", "0.10", "123456789", "999999999",
      "1000000000", "999999999999", "0.00000000000000000001", "0.000000000000000000001",
    ]
    let exponents = [
      "", "e0", "e-0", "e+1", "E-1", "e-2", "e02", "e7", "e8", "e9", "e11", "e12", "e20", "e-19",
      "e-20", "e-21",
    ]
    let numbers = mantissas.flatMap { mantissa in exponents.map { mantissa + $0 } }
    let times = [
      "2024-02-29", "2023-02-29", "0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00-05:00",
      "9999-12-31T23:59:59-01", "9999-12-31T23:59:59.999999999Z",
    ]
    let keys = [500, 501].map { String(repeating: "é", count: $0) }
    for column in schema.properties.keys {
      for cell in numbers + times + keys {
        var row = base
        row[column] = cell
        #expect(try !isClean(row, of: table) || schema.accepts(row), "\(column) = \"\(cell)\"")
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
