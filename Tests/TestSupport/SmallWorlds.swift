/// All sequences of up to `length` elements of the alphabet: (n^(length+1) - 1) / (n - 1) of them.
package func words<Letter>(of alphabet: [Letter], upTo length: Int) -> [[Letter]] {
  var all: [[Letter]] = [[]]
  var longest = all
  for _ in 0..<length {
    longest = longest.flatMap { word in alphabet.map { word + [$0] } }
    all += longest
  }
  return all
}

/// All ways to cut a sequence into runs of at least one element: 2^(count - 1) of them.
package func batchings<Element>(of sequence: [Element]) -> [[[Element]]] {
  guard let first = sequence.first else { return [[]] }
  return batchings(of: Array(sequence.dropFirst())).flatMap { rest -> [[[Element]]] in
    guard let next = rest.first else { return [[[first]]] }
    return [[[first]] + rest, [[first] + next] + rest.dropFirst()]
  }
}

/// Cuts a sequence into runs of `size`; the last one is what is left.
package func batches<Element>(of sequence: [Element], size: Int) -> [[Element]] {
  stride(from: 0, to: sequence.count, by: size).map {
    Array(sequence[$0..<min($0 + size, sequence.count)])
  }
}

/// All orders of arrival of several streams whose own order is given: the multinomial of them.
package func interleavings<Element>(of streams: [[Element]]) -> [[Element]] {
  guard streams.contains(where: { !$0.isEmpty }) else { return [[]] }
  return streams.indices.flatMap { index -> [[Element]] in
    guard let first = streams[index].first else { return [] }
    var rest = streams
    rest[index].removeFirst()
    return interleavings(of: rest).map { [first] + $0 }
  }
}

/// All orders of a sequence: count! of them.
package func permutations<Element>(of sequence: [Element]) -> [[Element]] {
  interleavings(of: sequence.map { [$0] })
}
