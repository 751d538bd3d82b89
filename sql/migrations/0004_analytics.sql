-- What analysts read: the attributed checkouts, users, daily figures and three summaries.

CREATE VIEW ecommerce.attributed_checkouts AS
SELECT
  a.checkout_id,
  a.user_id,
  a.checkout_timestamp,
  a.click_id AS attributed_click_id,
  a.product_id AS attributed_product_id,
  a.product_name AS attributed_product_name,
  a.product_category AS attributed_category,
  a.referrer AS traffic_source,
  a.device_type,
  a.click_timestamp AS first_click_timestamp,
  a.revenue,
  floor(extract(epoch FROM a.checkout_timestamp - a.click_timestamp))::integer
    AS attribution_window_seconds,
  a.clicks_in_window,
  -- A row without its task's line was written by a bounded run, which has no watermark to wait for.
  COALESCE(a.checkout_timestamp < p.watermark, true) AS is_final,
  a.revision,
  a.processed_at
FROM ecommerce.attributions AS a
LEFT JOIN ecommerce.stream_progress AS p ON p.task = a.task;

CREATE TABLE ecommerce.users (
  user_id text NOT NULL,
  email text,
  first_name text,
  last_name text,
  registration_date timestamptz,
  customer_segment text,
  lifetime_value numeric(12, 2),
  CONSTRAINT users_pkey PRIMARY KEY (user_id),
  CONSTRAINT users_customer_segment CHECK (customer_segment IN ('premium', 'regular', 'new'))
);

CREATE TABLE ecommerce.order_kpis (
  order_date date NOT NULL,
  total_orders bigint NOT NULL,
  total_revenue numeric(20, 2) NOT NULL,
  total_items_sold bigint NOT NULL,
  unique_customers bigint NOT NULL,
  return_rate numeric(5, 2) NOT NULL,
  CONSTRAINT order_kpis_pkey PRIMARY KEY (order_date)
);

CREATE TABLE ecommerce.category_kpis (
  category text NOT NULL,
  order_date date NOT NULL,
  daily_revenue numeric(20, 2) NOT NULL,
  avg_order_value numeric(20, 2) NOT NULL,
  avg_return_rate numeric(5, 2) NOT NULL,
  CONSTRAINT category_kpis_pkey PRIMARY KEY (category, order_date)
);

CREATE MATERIALIZED VIEW ecommerce.mv_revenue_by_source AS
SELECT
  CASE
    WHEN attributed_click_id IS NULL THEN 'unattributed'
    ELSE COALESCE(traffic_source, 'direct')
  END AS traffic_source,
  count(*) AS checkouts,
  count(DISTINCT user_id) AS customers,
  sum(revenue) AS revenue,
  round(avg(revenue), 2) AS avg_order_value,
  round(100 * sum(revenue) / NULLIF(sum(sum(revenue)) OVER (), 0), 2) AS revenue_share
FROM ecommerce.attributed_checkouts
GROUP BY 1;

CREATE UNIQUE INDEX mv_revenue_by_source_key
  ON ecommerce.mv_revenue_by_source (traffic_source);

CREATE MATERIALIZED VIEW ecommerce.mv_category_performance AS
SELECT
  COALESCE(attributed_category, 'Unknown') AS category,
  count(*) AS checkouts,
  count(DISTINCT user_id) AS customers,
  count(DISTINCT attributed_product_id) AS products,
  sum(revenue) AS revenue,
  round(avg(revenue), 2) AS avg_order_value,
  round(avg(attribution_window_seconds), 2) AS avg_seconds_to_purchase
FROM ecommerce.attributed_checkouts
WHERE attributed_click_id IS NOT NULL
GROUP BY 1;

CREATE UNIQUE INDEX mv_category_performance_key
  ON ecommerce.mv_category_performance (category);

CREATE MATERIALIZED VIEW ecommerce.mv_device_analysis AS
SELECT
  COALESCE(device_type, 'unknown') AS device_type,
  count(*) AS checkouts,
  count(DISTINCT user_id) AS customers,
  sum(revenue) AS revenue,
  round(avg(revenue), 2) AS avg_order_value,
  round(avg(clicks_in_window), 2) AS avg_clicks,
  round(avg(attribution_window_seconds), 2) AS avg_seconds_to_purchase
FROM ecommerce.attributed_checkouts
WHERE attributed_click_id IS NOT NULL
GROUP BY 1;

CREATE UNIQUE INDEX mv_device_analysis_key
  ON ecommerce.mv_device_analysis (device_type);

-- CONCURRENTLY: analysts go on reading the former answer meanwhile.
CREATE FUNCTION ecommerce.refresh_all_materialized_views()
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  REFRESH MATERIALIZED VIEW CONCURRENTLY ecommerce.mv_revenue_by_source;
  REFRESH MATERIALIZED VIEW CONCURRENTLY ecommerce.mv_category_performance;
  REFRESH MATERIALIZED VIEW CONCURRENTLY ecommerce.mv_device_analysis;
END
$$;

COMMENT ON FUNCTION ecommerce.refresh_all_materialized_views() IS
  'Brings the three summaries up to date without locking their readers out';
REVOKE ALL ON FUNCTION ecommerce.refresh_all_materialized_views() FROM PUBLIC;
