-- Which product categories bring customers in: checkouts by category of the first click.

SELECT
  COALESCE(attributed_category, 'Unknown') AS category,
  count(*) AS checkouts,
  count(DISTINCT user_id) AS customers,
  sum(revenue) AS revenue,
  round(avg(revenue), 2) AS avg_order_value
FROM ecommerce.attributed_checkouts
WHERE attributed_click_id IS NOT NULL
GROUP BY category
ORDER BY revenue DESC, category;
