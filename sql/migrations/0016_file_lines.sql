-- What dead letters say that are of files: those have no partitions, and offsets of their own.

COMMENT ON COLUMN ecommerce.dead_letters.task IS
  'Partition of the log that the message was read from; 0 for the files of batch-job';
COMMENT ON COLUMN ecommerce.dead_letters.log_offset IS
  'Where in the partition it stands (bytes in a file log), or in its file (bytes, unpacked)';
COMMENT ON COLUMN ecommerce.dead_letters.log_position IS
  'Where the log has the message, such as shard and sequence number, or FILE:LINE:COLUMN of the files of batch-job; NULL where log_offset says it';
