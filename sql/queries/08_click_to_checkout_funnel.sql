-- From clicking users to buyers whose purchase began with a click.

WITH stages AS (
  SELECT 1 AS stage, 'users who clicked' AS step, count(DISTINCT user_id) AS users
  FROM ecommerce.raw_clicks
  UNION ALL
  SELECT 2, 'of these, users who checked out', count(DISTINCT user_id)
  FROM ecommerce.raw_checkouts AS k
  WHERE EXISTS (SELECT FROM ecommerce.raw_clicks AS c WHERE c.user_id = k.user_id)
  UNION ALL
  SELECT 3, 'of these, users with an attributed checkout', count(DISTINCT user_id)
  FROM ecommerce.attributed_checkouts
  WHERE attributed_click_id IS NOT NULL
)
SELECT
  step,
  users,
  round(100.0 * users / NULLIF(first_value(users) OVER (ORDER BY stage), 0), 2)
    AS percent_of_clicking
FROM stages
ORDER BY stage;
