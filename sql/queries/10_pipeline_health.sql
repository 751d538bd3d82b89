-- Is the pipeline well: what each task has read, dropped and committed, and how fresh it is.

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
  is_flushed,
  round(extract(epoch FROM clock_timestamp() - committed_at)) AS seconds_since_commit
FROM ecommerce.stream_progress
ORDER BY task;
