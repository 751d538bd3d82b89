-- Revenue by customer segment; customers without a row in users count as unknown.

SELECT
  COALESCE(u.customer_segment, 'unknown') AS segment,
  count(DISTINCT c.user_id) AS customers,
  count(*) AS checkouts,
  sum(c.revenue) AS revenue,
  round(sum(c.revenue) / count(DISTINCT c.user_id), 2) AS revenue_per_customer
FROM ecommerce.attributed_checkouts AS c
LEFT JOIN ecommerce.users AS u ON u.user_id = c.user_id
GROUP BY segment
ORDER BY revenue DESC, segment;
