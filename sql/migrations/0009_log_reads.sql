-- What workers ask of a log's own parts, for logs that other readers and limits share.

CREATE TABLE ecommerce.log_reads (
  stream text NOT NULL,
  part text COLLATE "C" NOT NULL,
  calls bigint NOT NULL,
  throttled_calls bigint NOT NULL,
  records bigint NOT NULL,
  bytes bigint NOT NULL,
  behind_ms bigint,
  reader text,
  read_at timestamptz,
  CONSTRAINT log_reads_pkey PRIMARY KEY (stream, part),
  CONSTRAINT log_reads_stream CHECK (stream IN ('clicks', 'checkouts'))
);

COMMENT ON TABLE ecommerce.log_reads IS
  'What workers have asked of each shard and got, all of them together; added to about once a second';
COMMENT ON COLUMN ecommerce.log_reads.stream IS 'clicks or checkouts';
COMMENT ON COLUMN ecommerce.log_reads.part IS 'The shard';
COMMENT ON COLUMN ecommerce.log_reads.calls IS 'Calls for records, whatever came of them';
COMMENT ON COLUMN ecommerce.log_reads.throttled_calls IS
  'Of the calls, those that the service refused for having been asked too much';
COMMENT ON COLUMN ecommerce.log_reads.records IS
  'Records that came; aggregated ones count once, those that several workers read count for each';
COMMENT ON COLUMN ecommerce.log_reads.bytes IS 'Of the records'' payloads';
COMMENT ON COLUMN ecommerce.log_reads.behind_ms IS
  'Iterator age: how far behind the shard''s end the reader is that is furthest behind, in ms';
COMMENT ON COLUMN ecommerce.log_reads.reader IS 'host:pid of that reader, and a random number';
COMMENT ON COLUMN ecommerce.log_reads.read_at IS 'When it last said so';
