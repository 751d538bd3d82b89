-- Tasks that read no more while the job goes on with the others.

ALTER TABLE ecommerce.stream_progress
  ADD COLUMN stopped_at timestamptz,
  ADD COLUMN stop_reason text,
  ADD CONSTRAINT stream_progress_stop CHECK ((stopped_at IS NULL) = (stop_reason IS NULL));

COMMENT ON COLUMN ecommerce.stream_progress.stopped_at IS
  'When the task was stopped alone (wall clock); NULL once a worker has opened it again';
COMMENT ON COLUMN ecommerce.stream_progress.stop_reason IS
  'Why it was, and what to do: the log no longer had what came next; NULL unless stopped';
