-- Summaries of texts of any length: an index takes a text only up to some 2,700 bytes, and one event
-- with a longer one would keep all three summaries from being refreshed.
--
-- REFRESH ... CONCURRENTLY asks for a unique index on columns: that of a hash of the text.

CREATE MATERIALIZED VIEW ecommerce.new_mv_revenue_by_source AS
SELECT *, sha256(convert_to(traffic_source, 'UTF8')) AS traffic_source_hash
FROM (
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
  GROUP BY 1
) AS sources;

CREATE MATERIALIZED VIEW ecommerce.new_mv_category_performance AS
SELECT *, sha256(convert_to(category, 'UTF8')) AS category_hash
FROM (
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
  GROUP BY 1
) AS categories;

CREATE MATERIALIZED VIEW ecommerce.new_mv_device_analysis AS
SELECT *, sha256(convert_to(device_type, 'UTF8')) AS device_type_hash
FROM (
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
  GROUP BY 1
) AS devices;

-- In the place of the former ones, for whoever could read those.
DO $$
DECLARE
  former record;
  allowed record;
BEGIN
  FOR former IN
    SELECT relname AS name, relowner::regrole AS owner, relacl AS acl
    FROM pg_class
    WHERE relnamespace = 'ecommerce'::regnamespace
      AND relname IN ('mv_revenue_by_source', 'mv_category_performance', 'mv_device_analysis')
  LOOP
    EXECUTE format('DROP MATERIALIZED VIEW ecommerce.%I', former.name);
    EXECUTE format('ALTER MATERIALIZED VIEW ecommerce.new_%1$s RENAME TO %1$I', former.name);
    EXECUTE format('ALTER MATERIALIZED VIEW ecommerce.%I OWNER TO %s', former.name, former.owner);
    FOR allowed IN SELECT grantee, privilege_type AS privilege FROM aclexplode(former.acl) LOOP
      EXECUTE format(
        'GRANT %s ON ecommerce.%I TO %s',
        allowed.privilege, former.name,
        CASE allowed.grantee WHEN 0 THEN 'PUBLIC' ELSE allowed.grantee::regrole::text END
      );
    END LOOP;
  END LOOP;
END
$$;

CREATE UNIQUE INDEX mv_revenue_by_source_key
  ON ecommerce.mv_revenue_by_source (traffic_source_hash);
CREATE UNIQUE INDEX mv_category_performance_key
  ON ecommerce.mv_category_performance (category_hash);
CREATE UNIQUE INDEX mv_device_analysis_key
  ON ecommerce.mv_device_analysis (device_type_hash);

COMMENT ON MATERIALIZED VIEW ecommerce.mv_revenue_by_source IS
  'Revenue by traffic source; brought up to date by refresh_all_materialized_views()';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.traffic_source IS
  'Referrer of the first click; direct when it has none, unattributed without a click';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.checkouts IS 'Number of checkouts';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.customers IS 'Distinct customers';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.revenue IS 'Sum of their revenue';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.avg_order_value IS 'Revenue per checkout';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.revenue_share IS 'Percentage of all revenue';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.traffic_source_hash IS
  'SHA-256 of traffic_source, by which a refresh tells the rows apart';

COMMENT ON MATERIALIZED VIEW ecommerce.mv_category_performance IS
  'Attributed checkouts by category of the first click; brought up to date by refresh_all_materialized_views()';
COMMENT ON COLUMN ecommerce.mv_category_performance.category IS
  'Category of the first click; Unknown where it is missing';
COMMENT ON COLUMN ecommerce.mv_category_performance.checkouts IS 'Number of checkouts';
COMMENT ON COLUMN ecommerce.mv_category_performance.customers IS 'Distinct customers';
COMMENT ON COLUMN ecommerce.mv_category_performance.products IS 'Distinct products first clicked';
COMMENT ON COLUMN ecommerce.mv_category_performance.revenue IS 'Sum of their revenue';
COMMENT ON COLUMN ecommerce.mv_category_performance.avg_order_value IS 'Revenue per checkout';
COMMENT ON COLUMN ecommerce.mv_category_performance.avg_seconds_to_purchase IS
  'Mean of attribution_window_seconds';
COMMENT ON COLUMN ecommerce.mv_category_performance.category_hash IS
  'SHA-256 of category, by which a refresh tells the rows apart';

COMMENT ON MATERIALIZED VIEW ecommerce.mv_device_analysis IS
  'Attributed checkouts by device of the first click; brought up to date by refresh_all_materialized_views()';
COMMENT ON COLUMN ecommerce.mv_device_analysis.device_type IS
  'Device of the first click; unknown where it is missing';
COMMENT ON COLUMN ecommerce.mv_device_analysis.checkouts IS 'Number of checkouts';
COMMENT ON COLUMN ecommerce.mv_device_analysis.customers IS 'Distinct customers';
COMMENT ON COLUMN ecommerce.mv_device_analysis.revenue IS 'Sum of their revenue';
COMMENT ON COLUMN ecommerce.mv_device_analysis.avg_order_value IS 'Revenue per checkout';
COMMENT ON COLUMN ecommerce.mv_device_analysis.avg_clicks IS 'Mean of clicks_in_window';
COMMENT ON COLUMN ecommerce.mv_device_analysis.avg_seconds_to_purchase IS
  'Mean of attribution_window_seconds';
COMMENT ON COLUMN ecommerce.mv_device_analysis.device_type_hash IS
  'SHA-256 of device_type, by which a refresh tells the rows apart';
