-- The rule in plain SQL: what attributed_checkouts must hold, computed from the raw rows alone.
--
--   psql "$DATABASE_URL" --single-transaction --file sql/verify/rule.sql --file sql/verify/compare.sql
--
-- `stream-job verify` runs the same two files, or rule_by_number.sql in place of this one where
-- users have so many clicks that every candidate cannot be listed. It sets verify.slice and
-- verify.slices to share the users out among connections; without them all users are checked.
--
-- Candidates are found by user and bucket of time. Buckets are a little longer than the window, so
-- a candidate lies in its checkout's bucket or in the one before, and the equality leaves nothing
-- out; it spares comparing every checkout of a user with every click that he ever made.

CREATE TEMPORARY TABLE expected ON COMMIT DROP AS
WITH
settings AS MATERIALIZED (
  SELECT
    COALESCE(max(window_seconds), 3600) * interval '1 second' AS attribution_window,
    -- A second longer, so that rounding of the floating-point epoch does not matter.
    COALESCE(max(window_seconds), 3600) + 1.0::float8 AS bucket_seconds,
    COALESCE(current_setting('verify.slice', true)::integer, 0) AS slice,
    COALESCE(current_setting('verify.slices', true)::integer, 1) AS slices
  FROM ecommerce.stream_progress
),
clicks AS (
  SELECT
    c.*,
    floor(date_part('epoch', c.event_timestamp) / (SELECT bucket_seconds FROM settings)) AS bucket
  FROM ecommerce.raw_clicks AS c
  WHERE hashtext(c.user_id) & ((SELECT slices FROM settings) - 1) = (SELECT slice FROM settings)
    AND NOT EXISTS (
      SELECT
      FROM ecommerce.late_events AS l
      WHERE l.stream = 'clicks'
        AND l.outcome = 'dropped'
        AND l.event_id = c.event_id COLLATE "C"
        AND l.user_id = c.user_id COLLATE "C"
        AND l.event_timestamp = c.event_timestamp
    )
),
checkouts AS (
  SELECT
    k.*,
    floor(date_part('epoch', k.event_timestamp) / (SELECT bucket_seconds FROM settings)) AS bucket
  FROM ecommerce.raw_checkouts AS k
  WHERE hashtext(k.user_id) & ((SELECT slices FROM settings) - 1) = (SELECT slice FROM settings)
    AND NOT EXISTS (
      SELECT
      FROM ecommerce.late_events AS l
      WHERE l.stream = 'checkouts'
        AND l.outcome = 'dropped'
        AND l.event_id = k.event_id COLLATE "C"
        AND l.user_id = k.user_id COLLATE "C"
        AND l.event_timestamp = k.event_timestamp
    )
),
clicks_by_bucket AS (
  SELECT c.*, c.bucket + later AS checkout_bucket
  FROM clicks AS c
  CROSS JOIN (VALUES (0), (1)) AS buckets(later)
),
candidates AS (
  SELECT
    k.event_id AS checkout_id,
    k.user_id,
    k.event_timestamp AS checkout_timestamp,
    c.event_id AS attributed_click_id,
    c.product_id AS attributed_product_id,
    c.product_name AS attributed_product_name,
    c.product_category AS attributed_category,
    c.referrer AS traffic_source,
    c.device_type,
    c.event_timestamp AS first_click_timestamp,
    k.total_amount AS revenue,
    count(c.event_id) OVER (PARTITION BY k.event_id COLLATE "C") AS clicks_in_window,
    ROW_NUMBER() OVER (
      PARTITION BY k.event_id COLLATE "C"
      ORDER BY c.event_timestamp, c.event_id COLLATE "C"
    ) AS position
  FROM checkouts AS k
  LEFT JOIN clicks_by_bucket AS c
    ON c.user_id COLLATE "C" = k.user_id COLLATE "C"
    AND c.checkout_bucket = k.bucket
    AND c.event_timestamp
      BETWEEN k.event_timestamp - (SELECT attribution_window FROM settings) AND k.event_timestamp
)
SELECT
  checkout_id,
  user_id,
  checkout_timestamp,
  attributed_click_id,
  attributed_product_id,
  attributed_product_name,
  attributed_category,
  traffic_source,
  device_type,
  first_click_timestamp,
  revenue,
  floor(date_part('epoch', checkout_timestamp - first_click_timestamp))::integer
    AS attribution_window_seconds,
  clicks_in_window::integer AS clicks_in_window
FROM candidates
WHERE position = 1;
