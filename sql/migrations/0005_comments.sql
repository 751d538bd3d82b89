-- What every table and column means.

COMMENT ON SCHEMA ecommerce IS 'Clicks, checkouts and the first click behind each checkout';

COMMENT ON TABLE ecommerce.raw_clicks IS
  'Clicks as read from the log, one row per event, partitioned by UTC day of event_timestamp';
COMMENT ON COLUMN ecommerce.raw_clicks.event_id IS
  'Identifier of the click, unique; a resend is counted as a duplicate and not stored';
COMMENT ON COLUMN ecommerce.raw_clicks.user_id IS 'Who clicked';
COMMENT ON COLUMN ecommerce.raw_clicks.product_id IS 'Product clicked on';
COMMENT ON COLUMN ecommerce.raw_clicks.product_name IS
  'Name of the product at the time of the click';
COMMENT ON COLUMN ecommerce.raw_clicks.product_category IS 'Category of the product';
COMMENT ON COLUMN ecommerce.raw_clicks.product_price IS 'Price shown, in the shop''s currency';
COMMENT ON COLUMN ecommerce.raw_clicks.session_id IS 'Browser session';
COMMENT ON COLUMN ecommerce.raw_clicks.device_type IS 'Device, such as desktop or mobile';
COMMENT ON COLUMN ecommerce.raw_clicks.page_url IS 'Page that was clicked on';
COMMENT ON COLUMN ecommerce.raw_clicks.referrer IS
  'Where the visitor came from: the traffic source';
COMMENT ON COLUMN ecommerce.raw_clicks.event_timestamp IS
  'When the click happened (event time, microseconds)';
COMMENT ON COLUMN ecommerce.raw_clicks.ingested_at IS 'When the job stored the row (wall clock)';

COMMENT ON TABLE ecommerce.raw_checkouts IS
  'Checkouts as read from the log, one row per event, partitioned by UTC day of event_timestamp';
COMMENT ON COLUMN ecommerce.raw_checkouts.event_id IS
  'Identifier of the checkout, unique; a resend is counted as a duplicate and not stored';
COMMENT ON COLUMN ecommerce.raw_checkouts.user_id IS 'Who checked out';
COMMENT ON COLUMN ecommerce.raw_checkouts.session_id IS 'Browser session';
COMMENT ON COLUMN ecommerce.raw_checkouts.total_amount IS 'What was paid, in the shop''s currency';
COMMENT ON COLUMN ecommerce.raw_checkouts.payment_method IS 'How it was paid';
COMMENT ON COLUMN ecommerce.raw_checkouts.items IS
  'Basket: array of {product_id, product_name, price, quantity}';
COMMENT ON COLUMN ecommerce.raw_checkouts.shipping_address IS
  'Address: {city, state, country, zip_code}';
COMMENT ON COLUMN ecommerce.raw_checkouts.event_timestamp IS
  'When the checkout happened (event time, microseconds)';
COMMENT ON COLUMN ecommerce.raw_checkouts.ingested_at IS 'When the job stored the row (wall clock)';

COMMENT ON TABLE ecommerce.attributions IS
  'Answers of the job, one row per checkout; analysts read the view attributed_checkouts';
COMMENT ON COLUMN ecommerce.attributions.checkout_id IS 'event_id of the checkout';
COMMENT ON COLUMN ecommerce.attributions.user_id IS 'Who checked out';
COMMENT ON COLUMN ecommerce.attributions.checkout_timestamp IS
  'When the checkout happened (event time)';
COMMENT ON COLUMN ecommerce.attributions.revenue IS 'total_amount of the checkout';
COMMENT ON COLUMN ecommerce.attributions.click_id IS
  'event_id of the first click in the window; NULL when unattributed';
COMMENT ON COLUMN ecommerce.attributions.click_timestamp IS
  'When the first click happened (event time); NULL when unattributed';
COMMENT ON COLUMN ecommerce.attributions.product_id IS 'Product of the first click';
COMMENT ON COLUMN ecommerce.attributions.product_name IS 'Product name of the first click';
COMMENT ON COLUMN ecommerce.attributions.product_category IS 'Product category of the first click';
COMMENT ON COLUMN ecommerce.attributions.referrer IS 'Referrer of the first click';
COMMENT ON COLUMN ecommerce.attributions.device_type IS 'Device of the first click';
COMMENT ON COLUMN ecommerce.attributions.clicks_in_window IS
  'Clicks of the user in the window before the checkout; exact once the row is final';
COMMENT ON COLUMN ecommerce.attributions.task IS
  'Partition of the log that the checkout was read from';
COMMENT ON COLUMN ecommerce.attributions.revision IS
  'How often the answer was changed after it was first written';
COMMENT ON COLUMN ecommerce.attributions.processed_at IS 'When the answer was written (wall clock)';

COMMENT ON TABLE ecommerce.late_events IS
  'Events older than their task''s watermark when they were read, and what became of them';
COMMENT ON COLUMN ecommerce.late_events.stream IS 'clicks or checkouts';
COMMENT ON COLUMN ecommerce.late_events.event_id IS 'Identifier of the late event';
COMMENT ON COLUMN ecommerce.late_events.user_id IS 'Whose event it is';
COMMENT ON COLUMN ecommerce.late_events.event_timestamp IS 'When it happened (event time)';
COMMENT ON COLUMN ecommerce.late_events.task IS 'Partition of the log that it was read from';
COMMENT ON COLUMN ecommerce.late_events.log_offset IS
  'Where in the partition it stands (bytes in a file log)';
COMMENT ON COLUMN ecommerce.late_events.watermark IS 'The task''s watermark when it was read';
COMMENT ON COLUMN ecommerce.late_events.outcome IS
  'restated: changed answers; no_change: changed none; dropped: stored but left out of the rule';
COMMENT ON COLUMN ecommerce.late_events.restated_checkouts IS
  'How many answers it changed; checkouts read after it are not among them';
COMMENT ON COLUMN ecommerce.late_events.recorded_at IS 'When it was recorded (wall clock)';

COMMENT ON TABLE ecommerce.dead_letters IS 'Messages that do not fit the event contract';
COMMENT ON COLUMN ecommerce.dead_letters.stream IS 'clicks or checkouts';
COMMENT ON COLUMN ecommerce.dead_letters.task IS
  'Partition of the log that the message was read from';
COMMENT ON COLUMN ecommerce.dead_letters.log_offset IS
  'Where in the partition it stands (bytes in a file log)';
COMMENT ON COLUMN ecommerce.dead_letters.reason IS
  'Which field does not fit, what was expected and what was found';
COMMENT ON COLUMN ecommerce.dead_letters.byte_count IS 'Length of the whole message in bytes';
COMMENT ON COLUMN ecommerce.dead_letters.message IS
  'The first 4096 bytes of the message; NULL for a null payload';
COMMENT ON COLUMN ecommerce.dead_letters.recorded_at IS 'When it was recorded (wall clock)';

COMMENT ON TABLE ecommerce.log_gaps IS
  'Records that the log no longer had when they were to be read, skipped by --on-gap skip';
COMMENT ON COLUMN ecommerce.log_gaps.stream IS 'clicks or checkouts';
COMMENT ON COLUMN ecommerce.log_gaps.task IS 'Partition of the log';
COMMENT ON COLUMN ecommerce.log_gaps.from_position IS
  'Record that was to be read next; NULL for the beginning of the log';
COMMENT ON COLUMN ecommerce.log_gaps.to_position IS 'Record that reading went on with';
COMMENT ON COLUMN ecommerce.log_gaps.records IS
  'How many records it held at most; NULL where positions do not tell';
COMMENT ON COLUMN ecommerce.log_gaps.reason IS 'Why they were gone';
COMMENT ON COLUMN ecommerce.log_gaps.detected_at IS 'When it was noticed (wall clock)';

COMMENT ON TABLE ecommerce.stream_progress IS
  'Where each task stands, written in the same transaction as its rows';
COMMENT ON COLUMN ecommerce.stream_progress.task IS
  'Partition of the log, the same number in both streams';
COMMENT ON COLUMN ecommerce.stream_progress.source IS
  'Identity of the log, so that a database is not fed from two';
COMMENT ON COLUMN ecommerce.stream_progress.generation IS
  'One run of an owner; a takeover adds one and fences the former owner';
COMMENT ON COLUMN ecommerce.stream_progress.epoch IS 'One commit; each adds one';
COMMENT ON COLUMN ecommerce.stream_progress.owner IS 'host:pid of the worker';
COMMENT ON COLUMN ecommerce.stream_progress.window_seconds IS 'Attribution window of the rule';
COMMENT ON COLUMN ecommerce.stream_progress.emission IS
  'early: rows as soon as checkouts are read; final: only final rows';
COMMENT ON COLUMN ecommerce.stream_progress.late_policy IS
  'restate: late events change answers; drop: they do not';
COMMENT ON COLUMN ecommerce.stream_progress.is_flushed IS
  'True after the end of a bounded input: everything stored is final for now';
COMMENT ON COLUMN ecommerce.stream_progress.watermark IS
  'Every row older than this is final; infinity when flushed, -infinity before the first event';
COMMENT ON COLUMN ecommerce.stream_progress.data_watermark IS
  'Watermark of the data, flushed or not: where a later run goes on from';
COMMENT ON COLUMN ecommerce.stream_progress.greatest_event_time IS
  'No event stored by the task has a greater event time; -infinity before the first one';
COMMENT ON COLUMN ecommerce.stream_progress.clicks_position IS
  'Next click record to read; NULL for the beginning of the log';
COMMENT ON COLUMN ecommerce.stream_progress.clicks_rebuild_position IS
  'Click record from which re-reading rebuilds the state; NULL for the beginning';
COMMENT ON COLUMN ecommerce.stream_progress.clicks_watermark IS
  'Greatest click time seen less the watermark delay';
COMMENT ON COLUMN ecommerce.stream_progress.clicks_records IS 'Click records read';
COMMENT ON COLUMN ecommerce.stream_progress.clicks_stored IS 'Click records stored in raw_clicks';
COMMENT ON COLUMN ecommerce.stream_progress.clicks_duplicates IS
  'Click records not stored since their event_id was stored before';
COMMENT ON COLUMN ecommerce.stream_progress.clicks_dead_letters IS 'Click records in dead_letters';
COMMENT ON COLUMN ecommerce.stream_progress.clicks_late IS 'Stored click records that came late';
COMMENT ON COLUMN ecommerce.stream_progress.clicks_late_dropped IS
  'Late click records that change no answer by policy or horizon';
COMMENT ON COLUMN ecommerce.stream_progress.clicks_bytes IS 'Bytes of click records read';
COMMENT ON COLUMN ecommerce.stream_progress.checkouts_position IS
  'Next checkout record to read; NULL for the beginning of the log';
COMMENT ON COLUMN ecommerce.stream_progress.checkouts_rebuild_position IS
  'Checkout record from which re-reading rebuilds the state; NULL for the beginning';
COMMENT ON COLUMN ecommerce.stream_progress.checkouts_watermark IS
  'Greatest checkout time seen less the watermark delay';
COMMENT ON COLUMN ecommerce.stream_progress.checkouts_records IS 'Checkout records read';
COMMENT ON COLUMN ecommerce.stream_progress.checkouts_stored IS
  'Checkout records stored in raw_checkouts';
COMMENT ON COLUMN ecommerce.stream_progress.checkouts_duplicates IS
  'Checkout records not stored since their event_id was stored before';
COMMENT ON COLUMN ecommerce.stream_progress.checkouts_dead_letters IS
  'Checkout records in dead_letters';
COMMENT ON COLUMN ecommerce.stream_progress.checkouts_late IS
  'Stored checkout records that came late';
COMMENT ON COLUMN ecommerce.stream_progress.checkouts_late_dropped IS
  'Late checkout records that have no answer by policy or horizon';
COMMENT ON COLUMN ecommerce.stream_progress.checkouts_bytes IS 'Bytes of checkout records read';
COMMENT ON COLUMN ecommerce.stream_progress.committed_at IS
  'When the last commit was made (wall clock)';

COMMENT ON VIEW ecommerce.attributed_checkouts IS
  'Every checkout with the first click of its user in the window before it';
COMMENT ON COLUMN ecommerce.attributed_checkouts.checkout_id IS
  'Identifier of the checkout, unique';
COMMENT ON COLUMN ecommerce.attributed_checkouts.user_id IS 'Who checked out';
COMMENT ON COLUMN ecommerce.attributed_checkouts.checkout_timestamp IS
  'When the checkout happened (event time)';
COMMENT ON COLUMN ecommerce.attributed_checkouts.attributed_click_id IS
  'First click in the window; NULL when unattributed';
COMMENT ON COLUMN ecommerce.attributed_checkouts.attributed_product_id IS
  'Product of the first click';
COMMENT ON COLUMN ecommerce.attributed_checkouts.attributed_product_name IS
  'Product name of the first click';
COMMENT ON COLUMN ecommerce.attributed_checkouts.attributed_category IS
  'Product category of the first click';
COMMENT ON COLUMN ecommerce.attributed_checkouts.traffic_source IS 'Referrer of the first click';
COMMENT ON COLUMN ecommerce.attributed_checkouts.device_type IS 'Device of the first click';
COMMENT ON COLUMN ecommerce.attributed_checkouts.first_click_timestamp IS
  'When the first click happened (event time)';
COMMENT ON COLUMN ecommerce.attributed_checkouts.revenue IS 'What was paid';
COMMENT ON COLUMN ecommerce.attributed_checkouts.attribution_window_seconds IS
  'Whole seconds from first click to checkout';
COMMENT ON COLUMN ecommerce.attributed_checkouts.clicks_in_window IS
  'Clicks of the user in the window; exact once the row is final';
COMMENT ON COLUMN ecommerce.attributed_checkouts.is_final IS
  'True once the watermark has passed the checkout: no on-time event can change it';
COMMENT ON COLUMN ecommerce.attributed_checkouts.revision IS
  'How often the answer was changed after it was first written';
COMMENT ON COLUMN ecommerce.attributed_checkouts.processed_at IS
  'When the answer was written (wall clock)';

COMMENT ON TABLE ecommerce.users IS 'Customers';
COMMENT ON COLUMN ecommerce.users.user_id IS 'Identifier of the customer';
COMMENT ON COLUMN ecommerce.users.email IS 'E-mail address';
COMMENT ON COLUMN ecommerce.users.first_name IS 'Given name';
COMMENT ON COLUMN ecommerce.users.last_name IS 'Family name';
COMMENT ON COLUMN ecommerce.users.registration_date IS 'When the customer registered';
COMMENT ON COLUMN ecommerce.users.customer_segment IS 'premium, regular or new';
COMMENT ON COLUMN ecommerce.users.lifetime_value IS 'Revenue of the customer so far';

COMMENT ON TABLE ecommerce.order_kpis IS 'Figures per day of order (UTC)';
COMMENT ON COLUMN ecommerce.order_kpis.order_date IS 'Day of the orders (UTC)';
COMMENT ON COLUMN ecommerce.order_kpis.total_orders IS 'Distinct orders';
COMMENT ON COLUMN ecommerce.order_kpis.total_revenue IS 'Sum of the day''s items';
COMMENT ON COLUMN ecommerce.order_kpis.total_items_sold IS 'Number of the day''s items';
COMMENT ON COLUMN ecommerce.order_kpis.unique_customers IS 'Distinct customers';
COMMENT ON COLUMN ecommerce.order_kpis.return_rate IS 'Percentage of orders that were returned';

COMMENT ON TABLE ecommerce.category_kpis IS 'Figures per product category and day of order (UTC)';
COMMENT ON COLUMN ecommerce.category_kpis.category IS
  'Product category; Unknown where it is missing';
COMMENT ON COLUMN ecommerce.category_kpis.order_date IS 'Day of the orders (UTC)';
COMMENT ON COLUMN ecommerce.category_kpis.daily_revenue IS 'Sum of the category''s items';
COMMENT ON COLUMN ecommerce.category_kpis.avg_order_value IS
  'daily_revenue per order with an item of the category';
COMMENT ON COLUMN ecommerce.category_kpis.avg_return_rate IS
  'Percentage of items that were returned';

COMMENT ON MATERIALIZED VIEW ecommerce.mv_revenue_by_source IS
  'Revenue by traffic source; brought up to date by refresh_all_materialized_views()';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.traffic_source IS
  'Referrer of the first click; direct when it has none, unattributed without a click';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.checkouts IS 'Number of checkouts';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.customers IS 'Distinct customers';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.revenue IS 'Sum of their revenue';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.avg_order_value IS 'Revenue per checkout';
COMMENT ON COLUMN ecommerce.mv_revenue_by_source.revenue_share IS 'Percentage of all revenue';

COMMENT ON MATERIALIZED VIEW ecommerce.mv_category_performance IS
  'Attributed checkouts by category of the first click; brought up to date by refresh_all_materialized_views()';
COMMENT ON COLUMN ecommerce.mv_category_performance.category IS
  'Category of the first click; Unknown where it is missing';
COMMENT ON COLUMN ecommerce.mv_category_performance.checkouts IS 'Number of checkouts';
COMMENT ON COLUMN ecommerce.mv_category_performance.customers IS 'Distinct customers';
COMMENT ON COLUMN ecommerce.mv_category_performance.products IS 'Distinct products first clicked';
COMMENT ON COLUMN ecommerce.mv_category_performance.revenue IS 'Sum of their revenue';
COMMENT ON COLUMN ecommerce.mv_category_performance.avg_order_value IS 'Revenue per checkout';
COMMENT ON COLUMN ecommerce.mv_category_performance.avg_seconds_to_purchase IS
  'Mean of attribution_window_seconds';

COMMENT ON MATERIALIZED VIEW ecommerce.mv_device_analysis IS
  'Attributed checkouts by device of the first click; brought up to date by refresh_all_materialized_views()';
COMMENT ON COLUMN ecommerce.mv_device_analysis.device_type IS
  'Device of the first click; unknown where it is missing';
COMMENT ON COLUMN ecommerce.mv_device_analysis.checkouts IS 'Number of checkouts';
COMMENT ON COLUMN ecommerce.mv_device_analysis.customers IS 'Distinct customers';
COMMENT ON COLUMN ecommerce.mv_device_analysis.revenue IS 'Sum of their revenue';
COMMENT ON COLUMN ecommerce.mv_device_analysis.avg_order_value IS 'Revenue per checkout';
COMMENT ON COLUMN ecommerce.mv_device_analysis.avg_clicks IS 'Mean of clicks_in_window';
COMMENT ON COLUMN ecommerce.mv_device_analysis.avg_seconds_to_purchase IS
  'Mean of attribution_window_seconds';
