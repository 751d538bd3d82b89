-- Roles: owner (DDL), writer (what the job needs), analyst (reads).
--
-- Group roles without login: GRANT firstclick_analyst TO alice. Run again after every migration by
-- whoever may create roles; each statement changes nothing when it is already so. Where nobody may,
-- the tables simply stay with the user who migrated.

DO $$
DECLARE
  name text;
  relation regclass;
  member regrole;
  former_owner regrole := (
    SELECT relowner FROM pg_class WHERE oid = 'ecommerce.schema_version'::regclass
  );
  -- Since PostgreSQL 16 a member may lack either right, as one who has made the role lacks both.
  has_options boolean := current_setting('server_version_num')::integer >= 160000;
  rights text[] := CASE WHEN has_options THEN ARRAY['SET', 'USAGE'] ELSE ARRAY['MEMBER'] END;
  options text := CASE WHEN has_options THEN ' WITH SET TRUE, INHERIT TRUE' ELSE '' END;
BEGIN
  FOREACH name IN ARRAY ARRAY['firstclick_owner', 'firstclick_writer', 'firstclick_analyst'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- Another database of this server is being migrated too.
      END;
    END IF;
  END LOOP;

  -- Only a member of the owner may hand objects over to it. Nor may one that has migrated before lose
  -- what it made: a job of its may be running.
  FOREACH member IN ARRAY ARRAY[quote_ident(current_user)::regrole, former_owner] LOOP
    IF NOT (
      SELECT bool_and(pg_has_role(member, 'firstclick_owner', mode))
      FROM unnest(rights) AS mode
    ) THEN
      EXECUTE format('GRANT firstclick_owner TO %s', member) || options;
    END IF;
  END LOOP;
  IF NOT has_database_privilege('firstclick_owner', current_database(), 'CREATE') THEN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO firstclick_owner', current_database());
  END IF;
  -- The writer stages rows; materialized views are refreshed with the owner's rights.
  FOREACH name IN ARRAY ARRAY['firstclick_owner', 'firstclick_writer'] LOOP
    IF NOT has_database_privilege(name, current_database(), 'TEMPORARY') THEN
      EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), name);
    END IF;
  END LOOP;

  -- A schema that another role had made before the first migration keeps its owner.
  IF (SELECT relowner FROM pg_class WHERE oid = 'ecommerce.schema_version'::regclass)
    = (SELECT nspowner FROM pg_namespace WHERE nspname = 'ecommerce')
  THEN
    ALTER SCHEMA ecommerce OWNER TO firstclick_owner;
  ELSE
    GRANT USAGE, CREATE ON SCHEMA ecommerce TO firstclick_owner;
  END IF;

  -- By name, since the schema may hold what is none of ours; partitions by their parents.
  FOR relation IN
    SELECT oid
    FROM pg_class
    WHERE relnamespace = 'ecommerce'::regnamespace
      AND relname IN (
        'attributed_checkouts',
        'attributions',
        'category_kpis',
        'dead_letters',
        'late_events',
        'log_gaps',
        'log_reads',
        'mv_category_performance',
        'mv_device_analysis',
        'mv_revenue_by_source',
        'order_kpis',
        'pipeline_lease',
        'pipeline_runs',
        'processed_files',
        'raw_checkouts',
        'raw_clicks',
        'rejected_rows',
        'resends',
        'schema_version',
        'staging_order_items',
        'staging_orders',
        'staging_products',
        'stream_progress',
        'stream_workers',
        'task_leases',
        'users'
      )
    UNION ALL
    SELECT inhrelid
    FROM pg_inherits
    WHERE inhparent IN ('ecommerce.raw_clicks'::regclass, 'ecommerce.raw_checkouts'::regclass)
  LOOP
    IF (SELECT relowner <> 'firstclick_owner'::regrole FROM pg_class WHERE oid = relation) THEN
      EXECUTE format('ALTER TABLE %s OWNER TO firstclick_owner', relation);
    END IF;
    EXECUTE format('GRANT SELECT ON %s TO firstclick_writer, firstclick_analyst', relation);
  END LOOP;
END
$$;

ALTER FUNCTION ecommerce.ensure_day_partitions(date[]) OWNER TO firstclick_owner;
ALTER FUNCTION ecommerce.refresh_all_materialized_views() OWNER TO firstclick_owner;

GRANT USAGE ON SCHEMA ecommerce TO firstclick_writer, firstclick_analyst;

GRANT INSERT ON
  ecommerce.raw_clicks,
  ecommerce.raw_checkouts,
  ecommerce.late_events,
  ecommerce.dead_letters,
  ecommerce.log_gaps,
  ecommerce.resends
TO firstclick_writer;
-- A day is recomputed whole: categories that it no longer has go.
GRANT INSERT, UPDATE, DELETE ON
  ecommerce.pipeline_lease,
  ecommerce.pipeline_runs,
  ecommerce.processed_files,
  ecommerce.staging_products,
  ecommerce.staging_orders,
  ecommerce.staging_order_items,
  ecommerce.order_kpis,
  ecommerce.category_kpis,
  ecommerce.rejected_rows,
  ecommerce.stream_workers,
  ecommerce.task_leases
TO firstclick_writer;
GRANT INSERT, UPDATE ON
  ecommerce.attributions,
  ecommerce.log_reads,
  ecommerce.stream_progress,
  ecommerce.users
TO firstclick_writer;
GRANT EXECUTE ON FUNCTION ecommerce.ensure_day_partitions(date[]) TO firstclick_writer;
GRANT EXECUTE ON FUNCTION ecommerce.refresh_all_materialized_views() TO firstclick_writer;

-- Partitions made later are read through their parents, or by themselves.
ALTER DEFAULT PRIVILEGES FOR ROLE firstclick_owner IN SCHEMA ecommerce
  GRANT SELECT ON TABLES TO firstclick_writer, firstclick_analyst;
