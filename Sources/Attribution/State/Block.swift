/// Room for what is noted of each record of a block: all are hashed and their memory is asked for
/// before the first is looked up, so that the waits for memory overlap.
struct Block<Note: BitwiseCopyable>: ~Copyable {
  private let notes: UnsafeMutablePointer<Note>

  static var count: Int { 64 }

  init() { notes = .allocate(capacity: Block.count) }

  deinit { notes.deallocate() }

  @inline(__always) subscript(place: Int) -> UnsafeMutablePointer<Note> { notes + place }
}
