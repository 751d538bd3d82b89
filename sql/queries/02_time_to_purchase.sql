-- How long customers take from their first click to the checkout.

SELECT
  bucket,
  count(*) AS checkouts,
  round(avg(revenue), 2) AS avg_order_value,
  round(100.0 * count(*) / sum(count(*)) OVER (), 2) AS share_percent
FROM ecommerce.attributed_checkouts
CROSS JOIN LATERAL (
  SELECT CASE
    WHEN attribution_window_seconds < 60 THEN '1. under 1 minute'
    WHEN attribution_window_seconds < 300 THEN '2. 1 to 5 minutes'
    WHEN attribution_window_seconds < 900 THEN '3. 5 to 15 minutes'
    WHEN attribution_window_seconds < 1800 THEN '4. 15 to 30 minutes'
    ELSE '5. 30 minutes and more'
  END AS bucket
) AS buckets
WHERE attributed_click_id IS NOT NULL
GROUP BY bucket
ORDER BY bucket;
