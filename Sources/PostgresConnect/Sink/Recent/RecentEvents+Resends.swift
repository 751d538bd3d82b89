import Connect
import Events

extension RecentEvents {
  /// Says of late events whether all about their time is known, and which of them are resends of
  /// what was read before them, under whatever time.
  ///
  /// Says the same however often it is asked, as long as nothing is let go.
  func judge(_ late: inout LateEvents) {
    for number in late.events.indices {
      let event = late.events[number]
      late.know(number, event.place != nil && event.time > floor)
    }
    switch late.stream {
    case .clicks: takeBackResends(of: &late) { $0.clicks }
    case .checkouts: takeBackResends(of: &late) { $0.checkouts }
    }
  }

  private func takeBackResends<Entry>(
    of late: inout LateEvents,
    among columns: (borrowing RecentSliceEvents) -> RecentColumns<Entry>
  ) {
    guard !late.isEmpty else { return }
    var ids = KeySet()
    // The late events of each id in the set.
    var numbers: [[Int]] = []
    for (number, event) in late.events.enumerated() where !event.isNew {
      let place = ids.insert(event.id & HashKey(UInt32.max))
      if place == numbers.count { numbers.append([]) }
      numbers[place].append(number)
    }
    var resends: Set<Int> = []
    for slice in slices {
      let columns = columns(slice.events)
      columns.forEach(withID: ids) { entry, place in
        let earlier = columns.entries[entry]
        for number in numbers[place] {
          let event = late.events[number]
          guard earlier.order < event.order,
            slice.events.id(of: earlier).holdsSame(as: late.id(of: event))
          else { continue }
          resends.insert(number)
        }
      }
    }
    for number in resends { late.takeBack(number) }
  }
}
