-- What the job's own lines may say.

ALTER TABLE ecommerce.attributions
  ADD CONSTRAINT attributions_click_whole
    CHECK ((click_id IS NULL) = (click_timestamp IS NULL)),
  ADD CONSTRAINT attributions_click_not_after
    CHECK (click_timestamp <= checkout_timestamp),
  ADD CONSTRAINT attributions_counts
    CHECK (clicks_in_window >= 0 AND revision >= 0);

ALTER TABLE ecommerce.late_events
  ADD CONSTRAINT late_events_stream CHECK (stream IN ('clicks', 'checkouts')),
  ADD CONSTRAINT late_events_outcome CHECK (outcome IN ('restated', 'no_change', 'dropped'));

ALTER TABLE ecommerce.dead_letters
  ADD CONSTRAINT dead_letters_stream CHECK (stream IN ('clicks', 'checkouts')),
  ADD CONSTRAINT dead_letters_message_size CHECK (octet_length(message) <= 4096);

ALTER TABLE ecommerce.log_gaps
  ADD CONSTRAINT log_gaps_stream CHECK (stream IN ('clicks', 'checkouts')),
  ADD CONSTRAINT log_gaps_records CHECK (records >= 0);

ALTER TABLE ecommerce.stream_progress
  ADD CONSTRAINT stream_progress_window CHECK (window_seconds >= 0),
  ADD CONSTRAINT stream_progress_emission CHECK (emission IN ('early', 'final')),
  ADD CONSTRAINT stream_progress_late_policy CHECK (late_policy IN ('restate', 'drop'));
