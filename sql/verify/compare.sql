-- Compares the rows that rule.sql expects with attributed_checkouts, both ways.
--
-- clicks_in_window is exact on final rows only: on others it is neither compared nor told. A checkout
-- that is missing is a difference unless its task writes final rows only and its watermark may not have
-- passed it yet.

CREATE TEMPORARY TABLE differences ON COMMIT DROP AS
WITH
settings AS MATERIALIZED (
  SELECT
    COALESCE(min(CASE emission WHEN 'final' THEN watermark END), 'infinity') AS answered_before,
    COALESCE(current_setting('verify.slice', true)::integer, 0) AS slice,
    COALESCE(current_setting('verify.slices', true)::integer, 1) AS slices
  FROM ecommerce.stream_progress
),
found AS (
  SELECT *
  FROM ecommerce.attributed_checkouts
  WHERE hashtext(user_id) & ((SELECT slices FROM settings) - 1) = (SELECT slice FROM settings)
),
compared AS (
  SELECT
    COALESCE(e.checkout_id, f.checkout_id) AS checkout_id,
    CASE
      WHEN f.checkout_id IS NULL AND e.checkout_timestamp >= (SELECT answered_before FROM settings)
        THEN 'pending'
      WHEN f.checkout_id IS NULL THEN 'missing'
      WHEN e.checkout_id IS NULL THEN 'unexpected'
      ELSE 'different'
    END AS kind,
    CASE WHEN NOT f.is_final THEN ARRAY['clicks_in_window'] ELSE ARRAY[]::text[] END AS estimates,
    e,
    f
  FROM expected AS e
  FULL JOIN found AS f ON f.checkout_id = e.checkout_id COLLATE "C"
  WHERE (
    e.user_id,
    e.checkout_timestamp,
    e.attributed_click_id,
    e.attributed_product_id,
    e.attributed_product_name,
    e.attributed_category,
    e.traffic_source,
    e.device_type,
    e.first_click_timestamp,
    e.revenue,
    e.attribution_window_seconds,
    CASE WHEN f.is_final THEN e.clicks_in_window END
  ) IS DISTINCT FROM (
    f.user_id,
    f.checkout_timestamp,
    f.attributed_click_id,
    f.attributed_product_id,
    f.attributed_product_name,
    f.attributed_category,
    f.traffic_source,
    f.device_type,
    f.first_click_timestamp,
    f.revenue,
    f.attribution_window_seconds,
    CASE WHEN f.is_final THEN f.clicks_in_window END
  )
)
SELECT
  checkout_id,
  kind,
  to_jsonb(e) - estimates AS expected,
  to_jsonb(f) - ARRAY['is_final', 'revision', 'processed_at'] - estimates AS found
FROM compared;

-- The figures: all zero but the first two when the law holds.
SELECT
  (SELECT count(*) FROM expected) AS expected,
  (SELECT count(*) FROM expected WHERE attributed_click_id IS NOT NULL) AS attributed,
  count(*) FILTER (WHERE kind = 'pending') AS pending,
  count(*) FILTER (WHERE kind = 'missing') AS missing,
  count(*) FILTER (WHERE kind = 'unexpected') AS unexpected,
  count(*) FILTER (WHERE kind = 'different') AS different
FROM differences;
