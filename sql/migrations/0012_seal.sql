-- What a commit wrote in its task's line, so that verify sees whether anything else has changed it.

ALTER TABLE ecommerce.stream_progress ADD COLUMN seal text;

COMMENT ON COLUMN ecommerce.stream_progress.seal IS
  'SHA-256 of what the last commit wrote in this line; NULL before the first one';
