/// The tables that can be written as text, with the columns of their namesakes in the database.
enum OutputTable: String, CaseIterable, Sendable {
  case attributed = "attributed_checkouts"
  case late = "late_events"
  case deadLetters = "dead_letters"
  case gaps = "log_gaps"

  var columns: [StaticString] {
    switch self {
    case .attributed:
      [
        "checkout_id", "user_id", "checkout_timestamp", "attributed_click_id",
        "attributed_product_id", "attributed_product_name", "attributed_category",
        "traffic_source", "device_type", "first_click_timestamp", "revenue",
        "attribution_window_seconds", "clicks_in_window", "is_final", "revision", "processed_at",
      ]
    case .late:
      [
        "stream", "event_id", "user_id", "event_timestamp", "task", "log_offset", "watermark",
        "outcome", "restated_checkouts", "recorded_at",
      ]
    case .deadLetters:
      [
        "stream", "task", "log_offset", "log_position", "reason", "byte_count", "message",
        "recorded_at",
      ]
    case .gaps:
      ["stream", "task", "from_position", "to_position", "records", "reason", "detected_at"]
    }
  }
}
