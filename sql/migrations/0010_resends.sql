-- Resends under another time, which a state that is rebuilt could take for new events.

CREATE TABLE ecommerce.resends (
  stream text NOT NULL,
  task integer NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  event_timestamp timestamptz NOT NULL,
  log_position text NOT NULL,
  read_at timestamptz NOT NULL,
  CONSTRAINT resends_stream CHECK (stream IN ('clicks', 'checkouts'))
);

COMMENT ON TABLE ecommerce.resends IS
  'Events that were sent again under another time while the first was known: counted as duplicates, not stored';
COMMENT ON COLUMN ecommerce.resends.stream IS 'clicks or checkouts';
COMMENT ON COLUMN ecommerce.resends.task IS 'The partition that the event was read from';
COMMENT ON COLUMN ecommerce.resends.event_id IS 'event_id of both';
COMMENT ON COLUMN ecommerce.resends.event_timestamp IS 'Event time of the one that is not stored';
COMMENT ON COLUMN ecommerce.resends.log_position IS 'Where the log has it: its offset, or shard and number';
COMMENT ON COLUMN ecommerce.resends.read_at IS 'When it was read';
