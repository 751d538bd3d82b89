-- Checkouts, revenue and attribution per hour (UTC).

SELECT
  to_char(
    date_trunc('hour', checkout_timestamp AT TIME ZONE 'UTC'),
    'YYYY-MM-DD HH24:MI'
  ) AS hour_utc,
  count(*) AS checkouts,
  sum(revenue) AS revenue,
  round(100.0 * count(attributed_click_id) / count(*), 2) AS attributed_percent
FROM ecommerce.attributed_checkouts
GROUP BY date_trunc('hour', checkout_timestamp AT TIME ZONE 'UTC')
ORDER BY date_trunc('hour', checkout_timestamp AT TIME ZONE 'UTC');
