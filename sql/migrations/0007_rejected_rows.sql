-- What cleaning left out of the daily figures: the first rows of each reason and file.

CREATE TABLE ecommerce.rejected_rows (
  source_file text COLLATE "C" NOT NULL,
  table_name text NOT NULL,
  reason text NOT NULL,
  byte_offset bigint NOT NULL,
  line bigint,
  row_text text NOT NULL,
  reason_count bigint NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT rejected_rows_pkey PRIMARY KEY (source_file, table_name, reason, byte_offset),
  CONSTRAINT rejected_rows_table CHECK (table_name IN ('products', 'orders', 'order_items'))
);

COMMENT ON TABLE ecommerce.rejected_rows IS
  'Samples of rows that cleaning rejected, the first 100 of each reason and file; a file that is read again replaces its own';
COMMENT ON COLUMN ecommerce.rejected_rows.source_file IS 'File as it was named to the program';
COMMENT ON COLUMN ecommerce.rejected_rows.table_name IS 'products, orders or order_items';
COMMENT ON COLUMN ecommerce.rejected_rows.reason IS
  'Why the row does not count, such as duplicate_id or unknown_order';
COMMENT ON COLUMN ecommerce.rejected_rows.byte_offset IS
  'Where the row begins in the file, unpacked, in bytes';
COMMENT ON COLUMN ecommerce.rejected_rows.line IS 'Line of the file, from 1 on, that the row begins on';
COMMENT ON COLUMN ecommerce.rejected_rows.row_text IS 'The row as it stands in the file, up to 4096 bytes';
COMMENT ON COLUMN ecommerce.rejected_rows.reason_count IS
  'How many rows of the file were rejected for this reason, sampled or not';
COMMENT ON COLUMN ecommerce.rejected_rows.recorded_at IS 'When it was recorded (wall clock)';
