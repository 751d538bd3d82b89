-- Is the pipeline well: what each task has read, dropped and committed, how fresh it is, and whether
-- it was stopped. A stopped task is never flushed; lost records are NULL where the log cannot tell.

SELECT
  task,
  clicks_records + checkouts_records AS records,
  clicks_duplicates + checkouts_duplicates AS duplicates,
  clicks_dead_letters + checkouts_dead_letters AS dead_letters,
  clicks_late + checkouts_late AS late,
  clicks_late_dropped + checkouts_late_dropped AS late_dropped,
  CASE
    WHEN clicks_watermark < checkouts_watermark THEN 'clicks'
    WHEN checkouts_watermark < clicks_watermark THEN 'checkouts'
    ELSE 'both'
  END AS held_back_by,
  data_watermark AS watermark,
  is_flushed AND stopped_at IS NULL AS is_flushed,
  stopped_at,
  stop_reason,
  gaps,
  lost_records,
  round(extract(epoch FROM clock_timestamp() - committed_at)) AS seconds_since_commit
FROM ecommerce.stream_progress AS p
CROSS JOIN LATERAL (
  SELECT
    count(*) AS gaps,
    CASE WHEN count(records) = count(*) THEN coalesce(sum(records), 0) END AS lost_records
  FROM ecommerce.log_gaps AS g
  WHERE g.task = p.task
) AS skipped
ORDER BY task;
