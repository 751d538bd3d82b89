import CScan

/// Where a byte of a CSV file stands in relation to the quotes around cells.
///
/// ```
/// id,"a ""b"", c"\n7,5" pipe\n
/// oooiiii_ii_iiii oooooooooooo        o outside, i inside, _ escaped
/// ```
/// A quote opens a cell only where one begins; anywhere else outside it is text, as for the decoder
/// of the rows. So the state cannot be told by counting quotes.
enum QuoteState: UInt8, Sendable {
  case outside
  case inside
  /// Inside, and the byte is the second one of a doubled quote.
  case escaped
}

/// What a run of bytes makes of each state at its start.
struct QuoteTransition: Equatable, Sendable {
  var outside: QuoteState
  var inside: QuoteState
  var escaped: QuoteState

  func callAsFunction(_ state: QuoteState) -> QuoteState {
    switch state {
    case .outside: outside
    case .inside: inside
    case .escaped: escaped
    }
  }

  /// Goes over `start..<end` once, for all states together as soon as they agree, which they do at
  /// the first quote that closes a cell with text.
  ///
  /// The byte before `start` and the one at `end` are readable and those of the file.
  init(from start: UnsafeRawPointer, to end: UnsafeRawPointer) {
    var outer = QuoteWalk(at: start, .outside)
    var inner = QuoteWalk(at: start, .inside)
    while outer != inner, outer.cursor < end || inner.cursor < end {
      if outer.cursor <= inner.cursor { outer.step(to: end) } else { inner.step(to: end) }
    }
    if outer == inner {
      outer.walk(to: end)
      inner = outer
    }
    outside = outer.state(at: end)
    inside = inner.state(at: end)
    escaped = inside
    if start < end, start.load(as: UInt8.self) == QuoteWalk.quote {
      var walk = QuoteWalk(at: start, .escaped)
      walk.walk(to: end)
      escaped = walk.state(at: end)
    }
  }
}

/// Goes from quote to quote.
struct QuoteWalk: Equatable {
  static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let lineFeed: UInt8 = 0x0A

  private(set) var cursor: UnsafeRawPointer
  private(set) var isInside: Bool

  /// - Parameters:
  ///   - start: where the byte of the state stands; the one before it is readable.
  ///   - state: of the text before `start`.
  init(at start: UnsafeRawPointer, _ state: QuoteState) {
    cursor = state == .escaped ? start + 1 : start
    isInside = state != .outside
  }

  /// Goes behind the next quote, or to the end if there is none before it.
  ///
  /// The byte at `end` is looked at when the last one is a quote.
  @inline(__always)
  mutating func step(to end: UnsafeRawPointer) {
    let found = cursor + scan_until(cursor, Self.quote, end - cursor)
    guard found < end else {
      cursor = end
      return
    }
    cursor = found + 1
    if !isInside {
      isInside = Self.beginsCell(found)
    } else if cursor.load(as: UInt8.self) == Self.quote {
      cursor += 1
    } else {
      isInside = false
    }
  }

  /// Goes to the end, or over it between two quotes; quote by quote only where text has quotes too.
  mutating func walk(to end: UnsafeRawPointer) {
    while cursor < end {
      var walk = scan_quote_walk(cursor: cursor, is_inside: isInside)
      scan_walk_quotes(&walk, end)
      (cursor, isInside) = (walk.cursor, walk.is_inside)
      let next = min(cursor + 64, end)
      while cursor < next { step(to: end) }
    }
  }

  /// The state once the walk has come to the end, or over it between two quotes.
  func state(at end: UnsafeRawPointer) -> QuoteState {
    cursor > end ? .escaped : isInside ? .inside : .outside
  }

  /// The first row that starts behind a line end at or behind where the walk stands; nil if it does so
  /// only behind `end`, or not at all.
  ///
  /// Stops behind the row's predecessor, so that it may go on from there.
  mutating func nextRow(before end: UnsafeRawPointer) -> UnsafeRawPointer? {
    // The first line feed at or behind the cursor, searched for only once the cursor has passed it.
    var lineEnd = cursor - 1
    while cursor < end {
      if isInside {
        step(to: end)
        continue
      }
      if lineEnd < cursor { lineEnd = cursor + scan_until(cursor, Self.lineFeed, end - cursor) }
      let stop = min(lineEnd + 1, end)
      while cursor < stop, !isInside { step(to: stop) }
      if !isInside, lineEnd < end { return cursor }
    }
    return nil
  }

  private static func beginsCell(_ quote: UnsafeRawPointer) -> Bool {
    let before = (quote - 1).load(as: UInt8.self)
    return before == comma || before == lineFeed
  }
}
