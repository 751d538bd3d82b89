-- The inbox pipeline: who runs it, what its runs did, which files it has had, and the rows staged.

CREATE TABLE ecommerce.pipeline_lease (
  id boolean NOT NULL DEFAULT true,
  token bigint NOT NULL,
  holder text,
  inbox text,
  step text,
  acquired_at timestamptz NOT NULL,
  renewed_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT pipeline_lease_pkey PRIMARY KEY (id),
  CONSTRAINT pipeline_lease_once CHECK (id)
);

CREATE TABLE ecommerce.pipeline_runs (
  run_id text COLLATE "C" NOT NULL,
  inbox text NOT NULL,
  token bigint NOT NULL,
  status text NOT NULL,
  started_at timestamptz NOT NULL,
  stopped_at timestamptz,
  committed_at timestamptz,
  is_settled boolean NOT NULL,
  result jsonb,
  CONSTRAINT pipeline_runs_pkey PRIMARY KEY (run_id),
  CONSTRAINT pipeline_runs_status CHECK (status IN ('RUNNING', 'SUCCEEDED', 'PARTIAL', 'FAILED'))
);

CREATE INDEX pipeline_runs_open ON ecommerce.pipeline_runs (run_id) WHERE NOT is_settled;

CREATE TABLE ecommerce.processed_files (
  content_hash text COLLATE "C" NOT NULL,
  file_name text NOT NULL,
  table_name text NOT NULL,
  byte_count bigint NOT NULL,
  modified_at timestamptz NOT NULL,
  row_count bigint NOT NULL,
  rejected_count bigint NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  CONSTRAINT processed_files_pkey PRIMARY KEY (content_hash),
  CONSTRAINT processed_files_table
    CHECK (table_name IN ('products', 'orders', 'order_items')),
  CONSTRAINT processed_files_run
    FOREIGN KEY (run_id) REFERENCES ecommerce.pipeline_runs (run_id)
);

CREATE INDEX processed_files_run_id ON ecommerce.processed_files (run_id);

-- Staged rows are the clean ones. Which of two rows of one key stays is told by their files, so that
-- it does not matter in which order or how often those are read.
CREATE TABLE ecommerce.staging_products (
  product_id text COLLATE "C" NOT NULL,
  category text NOT NULL,
  department text NOT NULL,
  name text,
  brand text,
  sku text,
  cost numeric,
  retail_price numeric NOT NULL,
  source_file text COLLATE "C" NOT NULL,
  source_modified_at timestamptz NOT NULL,
  CONSTRAINT staging_products_pkey PRIMARY KEY (product_id)
);

CREATE TABLE ecommerce.staging_orders (
  order_id text COLLATE "C" NOT NULL,
  user_id text NOT NULL,
  status text NOT NULL,
  created_at timestamptz NOT NULL,
  returned_at timestamptz,
  shipped_at timestamptz,
  delivered_at timestamptz,
  num_of_item numeric,
  total_amount numeric,
  year smallint NOT NULL GENERATED ALWAYS AS (extract(year FROM created_at AT TIME ZONE 'UTC')) STORED,
  month smallint NOT NULL
    GENERATED ALWAYS AS (extract(month FROM created_at AT TIME ZONE 'UTC')) STORED,
  order_date date NOT NULL GENERATED ALWAYS AS ((created_at AT TIME ZONE 'UTC')::date) STORED,
  source_file text COLLATE "C" NOT NULL,
  source_modified_at timestamptz NOT NULL,
  CONSTRAINT staging_orders_pkey PRIMARY KEY (order_id)
);

CREATE INDEX staging_orders_order_date ON ecommerce.staging_orders (order_date);

CREATE TABLE ecommerce.staging_order_items (
  item_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  product_id text COLLATE "C" NOT NULL,
  status text,
  sale_price numeric NOT NULL,
  quantity bigint NOT NULL,
  user_id text,
  created_at timestamptz,
  shipped_at timestamptz,
  delivered_at timestamptz,
  returned_at timestamptz,
  year smallint GENERATED ALWAYS AS (extract(year FROM created_at AT TIME ZONE 'UTC')) STORED,
  month smallint GENERATED ALWAYS AS (extract(month FROM created_at AT TIME ZONE 'UTC')) STORED,
  source_file text COLLATE "C" NOT NULL,
  source_modified_at timestamptz NOT NULL,
  CONSTRAINT staging_order_items_pkey PRIMARY KEY (item_id)
);

CREATE INDEX staging_order_items_order_id ON ecommerce.staging_order_items (order_id);
CREATE INDEX staging_order_items_product_id ON ecommerce.staging_order_items (product_id);

COMMENT ON TABLE ecommerce.pipeline_lease IS
  'Who may run the pipeline on this database: one row, one holder at a time';
COMMENT ON COLUMN ecommerce.pipeline_lease.id IS 'Always true: there is one row';
COMMENT ON COLUMN ecommerce.pipeline_lease.token IS
  'Grows with each holder; a commit under an older one is refused (fencing)';
COMMENT ON COLUMN ecommerce.pipeline_lease.holder IS
  'Host, process and its start; NULL when nobody holds it';
COMMENT ON COLUMN ecommerce.pipeline_lease.inbox IS 'Directory that the holder works on';
COMMENT ON COLUMN ecommerce.pipeline_lease.step IS 'Step that the holder was at when it last renewed';
COMMENT ON COLUMN ecommerce.pipeline_lease.acquired_at IS 'When the holder took it (wall clock)';
COMMENT ON COLUMN ecommerce.pipeline_lease.renewed_at IS 'When the holder last renewed it (wall clock)';
COMMENT ON COLUMN ecommerce.pipeline_lease.expires_at IS
  'When anybody may take it unless it is renewed (wall clock)';

COMMENT ON TABLE ecommerce.pipeline_runs IS 'Runs of the pipeline that had something to do';
COMMENT ON COLUMN ecommerce.pipeline_runs.run_id IS 'When it began: names its archive and result';
COMMENT ON COLUMN ecommerce.pipeline_runs.inbox IS 'Directory it worked on';
COMMENT ON COLUMN ecommerce.pipeline_runs.token IS 'Token of the lease it ran under';
COMMENT ON COLUMN ecommerce.pipeline_runs.status IS
  'RUNNING; SUCCEEDED: all files taken; PARTIAL: some refused; FAILED: nothing committed';
COMMENT ON COLUMN ecommerce.pipeline_runs.started_at IS 'When it began (wall clock)';
COMMENT ON COLUMN ecommerce.pipeline_runs.stopped_at IS 'When its outcome was settled (wall clock)';
COMMENT ON COLUMN ecommerce.pipeline_runs.committed_at IS
  'When its rows were committed; NULL when none were (wall clock)';
COMMENT ON COLUMN ecommerce.pipeline_runs.is_settled IS
  'False until its files are archived and its result is written; then the next run does that';
COMMENT ON COLUMN ecommerce.pipeline_runs.result IS 'What results/RUN.json says';

COMMENT ON TABLE ecommerce.processed_files IS
  'Files whose rows are committed; the same content is not processed again';
COMMENT ON COLUMN ecommerce.processed_files.content_hash IS
  'SHA-256 of the file''s bytes, in hexadecimal';
COMMENT ON COLUMN ecommerce.processed_files.file_name IS 'Name it had in the inbox';
COMMENT ON COLUMN ecommerce.processed_files.table_name IS 'products, orders or order_items';
COMMENT ON COLUMN ecommerce.processed_files.byte_count IS 'Its size in bytes';
COMMENT ON COLUMN ecommerce.processed_files.modified_at IS
  'When it was last written: the later one wins over rows of the same key';
COMMENT ON COLUMN ecommerce.processed_files.row_count IS 'Rows staged from it, before others won';
COMMENT ON COLUMN ecommerce.processed_files.rejected_count IS 'Rows of it that cleaning rejected';
COMMENT ON COLUMN ecommerce.processed_files.run_id IS 'Run that processed it';

COMMENT ON TABLE ecommerce.staging_products IS 'Clean products, the newest file''s row of each key';
COMMENT ON COLUMN ecommerce.staging_products.product_id IS 'Primary key of the product';
COMMENT ON COLUMN ecommerce.staging_products.category IS 'Category; Unknown when the file has none';
COMMENT ON COLUMN ecommerce.staging_products.department IS
  'Department, the partition column; Unknown when the file has none';
COMMENT ON COLUMN ecommerce.staging_products.name IS 'Name of the product';
COMMENT ON COLUMN ecommerce.staging_products.brand IS 'Brand';
COMMENT ON COLUMN ecommerce.staging_products.sku IS 'Stock keeping unit';
COMMENT ON COLUMN ecommerce.staging_products.cost IS 'What the shop pays for it';
COMMENT ON COLUMN ecommerce.staging_products.retail_price IS 'What it is sold for';
COMMENT ON COLUMN ecommerce.staging_products.source_file IS 'File that the row is from';
COMMENT ON COLUMN ecommerce.staging_products.source_modified_at IS 'When that file was last written';

COMMENT ON TABLE ecommerce.staging_orders IS 'Clean orders, the newest file''s row of each key';
COMMENT ON COLUMN ecommerce.staging_orders.order_id IS 'Primary key of the order';
COMMENT ON COLUMN ecommerce.staging_orders.user_id IS 'Who ordered';
COMMENT ON COLUMN ecommerce.staging_orders.status IS 'Status in lower case, such as complete or returned';
COMMENT ON COLUMN ecommerce.staging_orders.created_at IS 'When it was ordered';
COMMENT ON COLUMN ecommerce.staging_orders.returned_at IS 'When it came back';
COMMENT ON COLUMN ecommerce.staging_orders.shipped_at IS 'When it was sent';
COMMENT ON COLUMN ecommerce.staging_orders.delivered_at IS 'When it arrived';
COMMENT ON COLUMN ecommerce.staging_orders.num_of_item IS 'How many items it has, by the file';
COMMENT ON COLUMN ecommerce.staging_orders.total_amount IS 'What it cost, by the file';
COMMENT ON COLUMN ecommerce.staging_orders.year IS 'Partition column: year of created_at (UTC)';
COMMENT ON COLUMN ecommerce.staging_orders.month IS 'Partition column: month of created_at (UTC)';
COMMENT ON COLUMN ecommerce.staging_orders.order_date IS 'Day of created_at (UTC)';
COMMENT ON COLUMN ecommerce.staging_orders.source_file IS 'File that the row is from';
COMMENT ON COLUMN ecommerce.staging_orders.source_modified_at IS 'When that file was last written';

COMMENT ON TABLE ecommerce.staging_order_items IS
  'Clean items of orders, the newest file''s row of each key';
COMMENT ON COLUMN ecommerce.staging_order_items.item_id IS
  'Primary key of the item; where the files have none, of its order and product';
COMMENT ON COLUMN ecommerce.staging_order_items.order_id IS 'Order that it belongs to';
COMMENT ON COLUMN ecommerce.staging_order_items.product_id IS 'Product that was ordered';
COMMENT ON COLUMN ecommerce.staging_order_items.status IS
  'Status in lower case; NULL when the item has its order''s';
COMMENT ON COLUMN ecommerce.staging_order_items.sale_price IS 'Price of one';
COMMENT ON COLUMN ecommerce.staging_order_items.quantity IS 'How many; 1 where a row is one item';
COMMENT ON COLUMN ecommerce.staging_order_items.user_id IS 'Who ordered, by the file';
COMMENT ON COLUMN ecommerce.staging_order_items.created_at IS 'When it was ordered, by the file';
COMMENT ON COLUMN ecommerce.staging_order_items.shipped_at IS 'When it was sent';
COMMENT ON COLUMN ecommerce.staging_order_items.delivered_at IS 'When it arrived';
COMMENT ON COLUMN ecommerce.staging_order_items.returned_at IS 'When it came back';
COMMENT ON COLUMN ecommerce.staging_order_items.year IS 'Partition column: year of created_at (UTC)';
COMMENT ON COLUMN ecommerce.staging_order_items.month IS 'Partition column: month of created_at (UTC)';
COMMENT ON COLUMN ecommerce.staging_order_items.source_file IS 'File that the row is from';
COMMENT ON COLUMN ecommerce.staging_order_items.source_modified_at IS
  'When that file was last written';
