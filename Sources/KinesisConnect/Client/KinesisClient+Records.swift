package import AWSClient

extension KinesisClient {
  /// The records behind an iterator: up to `limit`, and 10 MiB.
  ///
  /// An empty page is no sign of a shard's end: `millisecondsBehind` says how much is left, and a nil
  /// `next` with children that nothing comes any more.
  ///
  /// - Throws: `ExpiredIteratorException` as code 5 minutes after the iterator was made,
  ///   `ProvisionedThroughputExceededException` when the shard is read too fast.
  package func records(
    from iterator: ShardIterator,
    of shard: String,
    in stream: String,
    limit: Int = KinesisClient.greatestPage,
    retrying policy: RetryPolicy = RetryPolicy()
  ) throws(ServiceError) -> RecordsPage {
    let resource = Self.resource(stream, shard: shard)
    let response = try send(
      "GetRecords",
      on: resource,
      ["ShardIterator": iterator.token, "Limit": limit],
      retrying: policy
    )
    do throws(AnswerFormatError) {
      return try RecordsPage(parsing: response.body)
    } catch {
      throw unreadable("GetRecords", on: resource, error.description)
    }
  }

  /// Stores records: one call, of which each record may fail by itself.
  ///
  /// The order of records within a call is not kept when some fail and are sent again.
  ///
  /// - Parameters:
  ///   - body: of `PutRecordsBody.take`.
  ///   - recordCount: that are in it.
  ///   - stream: the name that the body has too.
  ///   - policy: for the call as a whole.
  /// - Returns: which of them failed.
  /// - Throws: when the whole call did not succeed; records may be stored nevertheless.
  package func putRecords(
    _ body: [UInt8],
    recordCount: Int,
    to stream: String,
    retrying policy: RetryPolicy = RetryPolicy()
  ) throws(ServiceError) -> PutRecordsAnswer {
    let resource = Self.resource(stream)
    let response = try service.call(
      .json("PutRecords", on: resource, target: Self.target, body: body),
      retrying: policy
    )
    do throws(AnswerFormatError) {
      let answer = try PutRecordsAnswer(parsing: response.body, recordCount: recordCount)
      for failure in answer.failures where failure.isThrottling { service.countThrottled() }
      return answer
    } catch {
      throw unreadable("PutRecords", on: resource, error.description)
    }
  }
}
