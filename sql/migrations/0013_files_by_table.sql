-- One content may be of two tables: a file with the columns of both, under a name of each.

ALTER TABLE ecommerce.processed_files
  DROP CONSTRAINT processed_files_pkey,
  ADD CONSTRAINT processed_files_pkey PRIMARY KEY (table_name, content_hash);

COMMENT ON TABLE ecommerce.processed_files IS
  'Files whose rows are committed; the same content is not processed again as the same table';
