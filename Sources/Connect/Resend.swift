package import Dataflow

/// A resent event that is not stored, since the state knew its event_id under another time.
///
/// A state that is rebuilt may have lost the first one and is told, so that it does not take the
/// second for new.
package struct Resend: Sendable {
  package var eventID: [UInt8]
  package var time: EventTime
  /// Where its partition has it: `PartitionReader.place(ofOffset:)`, or else the offset.
  package var place: String

  package init(eventID: [UInt8], time: EventTime, place: String) {
    self.eventID = eventID
    self.time = time
    self.place = place
  }
}
