-- Checkouts by device of the first click, and how many clicks they took.

SELECT
  COALESCE(device_type, 'unknown') AS device,
  count(*) AS checkouts,
  sum(revenue) AS revenue,
  round(avg(revenue), 2) AS avg_order_value,
  round(avg(clicks_in_window), 2) AS avg_clicks
FROM ecommerce.attributed_checkouts
WHERE attributed_click_id IS NOT NULL
GROUP BY device
ORDER BY revenue DESC, device;
