-- Day partitions of the raw tables, made ahead of the rows as the data asks for them.

-- BRIN costs an append next to nothing; any B-tree on the raw tables would double it.
CREATE INDEX raw_clicks_event_timestamp ON ecommerce.raw_clicks USING brin (event_timestamp);
CREATE INDEX raw_checkouts_event_timestamp ON ecommerce.raw_checkouts USING brin (event_timestamp);

-- ATTACH PARTITION takes SHARE UPDATE EXCLUSIVE on the parent, which lets the COPY transactions of
-- other workers go on; CREATE TABLE ... PARTITION OF would take ACCESS EXCLUSIVE and wait for them.
-- Called on a connection of its own, where the locks end with the call, and before the transaction
-- that needs the days has written to the raw tables: one that has may not see new partitions.
CREATE FUNCTION ecommerce.ensure_day_partitions(days date[])
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  created integer := 0;
  missing record;
BEGIN
  FOR attempt IN 1..2 LOOP
    FOR missing IN
      SELECT parent, day, parent || suffix AS partition
      FROM unnest(ARRAY['raw_clicks', 'raw_checkouts']) AS parent
      CROSS JOIN (
        SELECT DISTINCT
          day,
          to_char(day, '_YYYYMMDD') || CASE WHEN day < '0001-01-01' THEN 'bc' ELSE '' END AS suffix
        FROM unnest(days) AS day
        WHERE isfinite(day)
      ) AS wanted
      WHERE NOT EXISTS (
        SELECT
        FROM pg_inherits AS i
        JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = format('ecommerce.%I', parent)::regclass
          AND c.relname = parent || suffix
      )
      ORDER BY parent, day
    LOOP
      IF attempt = 1 THEN
        -- One creator at a time; the second look sees what the one before us made.
        PERFORM pg_advisory_xact_lock(hashtext('ecommerce.ensure_day_partitions'));
        EXIT;
      END IF;
      EXECUTE format(
        'CREATE TABLE ecommerce.%I (LIKE ecommerce.%I INCLUDING ALL)',
        missing.partition, missing.parent
      );
      EXECUTE format(
        'COMMENT ON TABLE ecommerce.%I IS %L',
        missing.partition, format('%s of %s (UTC)', missing.parent, missing.day)
      );
      EXECUTE format(
        'ALTER TABLE ecommerce.%I ATTACH PARTITION ecommerce.%I FOR VALUES FROM (%L) TO (%L)',
        missing.parent, missing.partition,
        missing.day::timestamptz, (missing.day + 1)::timestamptz
      );
      created := created + 1;
    END LOOP;
    EXIT WHEN NOT FOUND;
  END LOOP;
  RETURN created;
END
$$;

COMMENT ON FUNCTION ecommerce.ensure_day_partitions(date[]) IS
  'Makes the missing partitions of both raw tables for these UTC days; returns how many it made';
REVOKE ALL ON FUNCTION ecommerce.ensure_day_partitions(date[]) FROM PUBLIC;
