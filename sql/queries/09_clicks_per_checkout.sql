-- How many clicks lie in the window before a checkout, and what they are worth.

SELECT
  bucket,
  count(*) AS checkouts,
  sum(revenue) AS revenue,
  round(avg(revenue), 2) AS avg_order_value
FROM ecommerce.attributed_checkouts
CROSS JOIN LATERAL (
  SELECT CASE
    WHEN clicks_in_window = 0 THEN '0'
    WHEN clicks_in_window = 1 THEN '1'
    WHEN clicks_in_window <= 3 THEN '2-3'
    WHEN clicks_in_window <= 10 THEN '4-10'
    ELSE 'more than 10'
  END AS bucket
) AS buckets
GROUP BY bucket
ORDER BY min(clicks_in_window);
