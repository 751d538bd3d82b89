-- The rule of rule.sql without listing candidates: the same rows for users of any number of clicks.
--
-- A user's clicks are numbered 1, 2, 3, ... by (event_timestamp, event_id). The candidates of a
-- checkout at t are then consecutive: they end with the last click at or before t, whose number is
-- the count of clicks so far, and there are as many as the RANGE frame [t - window, t] holds. So the
-- first has the number `so_far - clicks_in_window + 1`. A test holds both files equal.

CREATE TEMPORARY TABLE expected ON COMMIT DROP AS
WITH
settings AS MATERIALIZED (
  SELECT
    COALESCE(max(window_seconds), 3600) * interval '1 second' AS attribution_window,
    COALESCE(current_setting('verify.slice', true)::integer, 0) AS slice,
    COALESCE(current_setting('verify.slices', true)::integer, 1) AS slices
  FROM ecommerce.stream_progress
),
events AS (
  SELECT
    user_id COLLATE "C" AS user_id,
    event_timestamp,
    event_id COLLATE "C" AS event_id,
    false AS is_checkout,
    NULL::numeric AS total_amount
  FROM ecommerce.raw_clicks AS c
  WHERE hashtext(user_id) & ((SELECT slices FROM settings) - 1) = (SELECT slice FROM settings)
    AND NOT EXISTS (
      SELECT
      FROM ecommerce.late_events AS l
      WHERE l.stream = 'clicks'
        AND l.outcome = 'dropped'
        AND l.event_id = c.event_id COLLATE "C"
        AND l.user_id = c.user_id COLLATE "C"
        AND l.event_timestamp = c.event_timestamp
    )
  UNION ALL
  SELECT user_id COLLATE "C", event_timestamp, event_id COLLATE "C", true, total_amount
  FROM ecommerce.raw_checkouts AS k
  WHERE hashtext(user_id) & ((SELECT slices FROM settings) - 1) = (SELECT slice FROM settings)
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
numbered AS MATERIALIZED (
  SELECT
    *,
    -- Clicks come before checkouts of the same time: the window's ends are inclusive.
    count(*) FILTER (WHERE NOT is_checkout) OVER (
      PARTITION BY user_id
      ORDER BY event_timestamp, is_checkout, event_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS so_far,
    count(*) FILTER (WHERE NOT is_checkout) OVER (
      PARTITION BY user_id
      ORDER BY event_timestamp
      RANGE BETWEEN (SELECT attribution_window FROM settings) PRECEDING AND CURRENT ROW
    ) AS clicks_in_window
  FROM events
),
answers AS (
  SELECT
    k.event_id AS checkout_id,
    k.user_id,
    k.event_timestamp AS checkout_timestamp,
    k.total_amount AS revenue,
    k.clicks_in_window,
    c.event_id AS click_id,
    c.event_timestamp AS click_timestamp
  FROM numbered AS k
  LEFT JOIN numbered AS c
    ON NOT c.is_checkout
    AND c.user_id = k.user_id
    AND c.so_far = k.so_far - k.clicks_in_window + 1
    AND k.clicks_in_window > 0
  WHERE k.is_checkout
)
SELECT
  a.checkout_id,
  a.user_id,
  a.checkout_timestamp,
  a.click_id AS attributed_click_id,
  c.product_id AS attributed_product_id,
  c.product_name AS attributed_product_name,
  c.product_category AS attributed_category,
  c.referrer AS traffic_source,
  c.device_type,
  a.click_timestamp AS first_click_timestamp,
  a.revenue,
  floor(date_part('epoch', a.checkout_timestamp - a.click_timestamp))::integer
    AS attribution_window_seconds,
  a.clicks_in_window::integer AS clicks_in_window
FROM answers AS a
LEFT JOIN ecommerce.raw_clicks AS c
  ON c.event_id COLLATE "C" = a.click_id
  AND c.event_timestamp = a.click_timestamp
  AND c.user_id COLLATE "C" = a.user_id;
