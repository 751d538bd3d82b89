-- The twenty products whose click began the most revenue.

SELECT
  attributed_product_id AS product_id,
  max(attributed_product_name) AS product_name,
  count(*) AS checkouts,
  sum(revenue) AS revenue
FROM ecommerce.attributed_checkouts
WHERE attributed_click_id IS NOT NULL
GROUP BY attributed_product_id
ORDER BY revenue DESC, product_id
LIMIT 20;
