-- Revenue by traffic source of the first click, and each source's share in all revenue.

SELECT
  CASE
    WHEN attributed_click_id IS NULL THEN 'unattributed'
    ELSE COALESCE(traffic_source, 'direct')
  END AS source,
  count(*) AS checkouts,
  sum(revenue) AS revenue,
  round(100 * sum(revenue) / NULLIF(sum(sum(revenue)) OVER (), 0), 2) AS share_percent
FROM ecommerce.attributed_checkouts
GROUP BY source
ORDER BY revenue DESC, source;
