import Batch
import Connect
import PostgresConnect

/// Where the answers go, ready to be opened, again and again if need be.
enum AttributeTarget {
  case file(String)
  /// With the schema in it.
  case database(PostgresAddress)

  /// Opens the output before the files are read; nil when they are stored already.
  func open(for job: AttributionJob) throws(ConnectorError) -> (any AttributionOutput)? {
    switch self {
    case .file(let path): return try AnswerFile(path: path)
    case .database(let address):
      let load = try PostgresLoad(address, source: job.identity, rule: job.rule)
      return try load.begin() ? DatabaseOutput(load) : nil
    }
  }
}
