-- Raw events, attributed rows and the job's own lines.

CREATE SCHEMA IF NOT EXISTS ecommerce;

CREATE TABLE ecommerce.raw_clicks (
  event_id text NOT NULL,
  user_id text NOT NULL,
  product_id text NOT NULL,
  product_name text,
  product_category text,
  product_price numeric(12, 2),
  session_id text,
  device_type text,
  page_url text,
  referrer text,
  event_timestamp timestamptz NOT NULL,
  ingested_at timestamptz NOT NULL
) PARTITION BY RANGE (event_timestamp);

CREATE TABLE ecommerce.raw_checkouts (
  event_id text NOT NULL,
  user_id text NOT NULL,
  session_id text,
  total_amount numeric(12, 2) NOT NULL,
  payment_method text,
  items jsonb,
  shipping_address jsonb,
  event_timestamp timestamptz NOT NULL,
  ingested_at timestamptz NOT NULL
) PARTITION BY RANGE (event_timestamp);

-- One row per checkout; `attributed_checkouts` is the view over it that analysts read. What the
-- view can compute is not stored: is_final is `checkout_timestamp < its task's watermark`, so a row
-- need not be written again when it becomes final.
CREATE TABLE ecommerce.attributions (
  checkout_id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  checkout_timestamp timestamptz NOT NULL,
  revenue numeric(12, 2) NOT NULL,
  click_id text COLLATE "C",
  click_timestamp timestamptz,
  product_id text,
  product_name text,
  product_category text,
  referrer text,
  device_type text,
  clicks_in_window integer NOT NULL,
  task integer NOT NULL,
  revision integer NOT NULL,
  processed_at timestamptz NOT NULL,
  -- Leads by user because late clicks look for their user's checkouts.
  CONSTRAINT attributions_once UNIQUE (user_id, checkout_id)
) WITH (fillfactor = 85);

CREATE TABLE ecommerce.late_events (
  stream text NOT NULL,            -- clicks | checkouts
  event_id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  event_timestamp timestamptz NOT NULL,
  task integer NOT NULL,
  log_offset bigint NOT NULL,
  watermark timestamptz NOT NULL,  -- the task's watermark when it was read
  outcome text NOT NULL,           -- restated | no_change | dropped
  restated_checkouts integer NOT NULL,
  recorded_at timestamptz NOT NULL
);

-- Late events look for themselves here: whether they are resends.
CREATE INDEX late_events_by_user ON ecommerce.late_events (user_id, event_id);

CREATE TABLE ecommerce.dead_letters (
  stream text NOT NULL,
  task integer NOT NULL,           -- the partition
  log_offset bigint NOT NULL,
  reason text NOT NULL,
  byte_count bigint NOT NULL,
  message bytea,                   -- at most 4 KiB; NULL for a null payload
  recorded_at timestamptz NOT NULL
);

CREATE TABLE ecommerce.log_gaps (
  stream text NOT NULL,
  task integer NOT NULL,           -- the partition
  from_position text,              -- NULL for the beginning of the log
  to_position text NOT NULL,
  records bigint,                  -- NULL where positions do not tell
  reason text NOT NULL,
  detected_at timestamptz NOT NULL
);

CREATE TABLE ecommerce.stream_progress (
  task integer PRIMARY KEY,
  source text NOT NULL,            -- identity of the log
  generation bigint NOT NULL,      -- one owner's run; a takeover adds one
  epoch bigint NOT NULL,           -- one commit; adds one
  owner text NOT NULL,             -- host:pid, for people
  window_seconds bigint NOT NULL,
  emission text NOT NULL,
  late_policy text NOT NULL,
  is_flushed boolean NOT NULL,
  watermark timestamptz NOT NULL,       -- 'infinity' when flushed, '-infinity' before the first event
  data_watermark timestamptz NOT NULL,  -- the watermark of the data, whether flushed or not
  clicks_position text,
  clicks_rebuild_position text,
  clicks_watermark timestamptz NOT NULL,
  clicks_records bigint NOT NULL,
  clicks_stored bigint NOT NULL,
  clicks_duplicates bigint NOT NULL,
  clicks_dead_letters bigint NOT NULL,
  clicks_late bigint NOT NULL,
  clicks_late_dropped bigint NOT NULL,
  clicks_bytes bigint NOT NULL,
  checkouts_position text,
  checkouts_rebuild_position text,
  checkouts_watermark timestamptz NOT NULL,
  checkouts_records bigint NOT NULL,
  checkouts_stored bigint NOT NULL,
  checkouts_duplicates bigint NOT NULL,
  checkouts_dead_letters bigint NOT NULL,
  checkouts_late bigint NOT NULL,
  checkouts_late_dropped bigint NOT NULL,
  checkouts_bytes bigint NOT NULL,
  committed_at timestamptz NOT NULL,
  greatest_event_time timestamptz NOT NULL DEFAULT 'infinity'  -- no stored event has a greater one
);
