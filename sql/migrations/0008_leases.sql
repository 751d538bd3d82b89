-- Workers that share a log which knows no groups, and where a dead letter stands in a log whose
-- offsets do not tell.

ALTER TABLE ecommerce.dead_letters ADD COLUMN log_position text;

COMMENT ON COLUMN ecommerce.dead_letters.log_position IS
  'Where the log has the message, such as shard and sequence number; NULL where log_offset says it';

CREATE TABLE ecommerce.stream_workers (
  worker text COLLATE "C" NOT NULL,
  source text NOT NULL,
  seen_at timestamptz NOT NULL,
  CONSTRAINT stream_workers_pkey PRIMARY KEY (worker)
);

COMMENT ON TABLE ecommerce.stream_workers IS
  'Workers that share the tasks of a log by leases; one that is not seen for a while is given up';
COMMENT ON COLUMN ecommerce.stream_workers.worker IS 'host:pid of the worker, and a random number';
COMMENT ON COLUMN ecommerce.stream_workers.source IS 'Identity of the log that it reads';
COMMENT ON COLUMN ecommerce.stream_workers.seen_at IS 'When it last gave a sign of life';

CREATE TABLE ecommerce.task_leases (
  task integer NOT NULL,
  worker text COLLATE "C" NOT NULL,
  CONSTRAINT task_leases_pkey PRIMARY KEY (task),
  CONSTRAINT task_leases_worker FOREIGN KEY (worker)
    REFERENCES ecommerce.stream_workers (worker) ON DELETE CASCADE
);

COMMENT ON TABLE ecommerce.task_leases IS
  'Which worker is to run a task; who may write is decided in stream_progress';
COMMENT ON COLUMN ecommerce.task_leases.task IS 'Partition of the log';
COMMENT ON COLUMN ecommerce.task_leases.worker IS 'The worker; the lease ends with it';
