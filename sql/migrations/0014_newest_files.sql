-- Content that comes back in a newer file is processed again: what processed_files says by then.

COMMENT ON TABLE ecommerce.processed_files IS
  'Contents whose rows are committed, with the newest file of each; the same content is not processed again as the same table unless it is newer';
COMMENT ON COLUMN ecommerce.processed_files.run_id IS 'Run that processed it, the last one';
