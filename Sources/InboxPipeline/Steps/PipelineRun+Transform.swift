import Connect
import PostgresConnect

extension PipelineRun {
  /// Recomputes the figures of the days touched, whole, from the staged rows.
  func transform() throws(StepFailure) {
    try blamingNobody { () throws(ConnectorError) in
      let connection = try self.connection()
      try connection.execute("ANALYZE touched_days")
      for statement in FigureStatements.all { try connection.execute(statement) }
      result.days = try connection.query("SELECT DISTINCT day FROM touched_days ORDER BY day")
        .compactMap { $0[0] }
    }
    pass(.transformed)
  }
}
