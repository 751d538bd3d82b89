internal import CScan
internal import Events

/// What the engine knows of one user: the chain of his clicks in the order of event time; 32 bytes,
/// half a cache line.
///
/// ```
/// head -> click -> click -> tail        replayed clicks, by (time, event_id)
/// ```
struct User: BitwiseCopyable {
  /// The user_id's fingerprint.
  var key: HashKey
  var head: UInt32 = 0
  var tail: UInt32 = 0
  /// Clicks in the chain.
  var count: UInt32 = 0
  /// Clicks that are not replayed yet.
  var waitingCount: UInt32 = 0
  /// The first of those, for early rows; 0 while `waitingCount > 0`: not known.
  var firstWaiting: UInt32 = 0
  /// Pending checkouts: how many, or if they are listed (`FirstClick.listsPending`) the head of the
  /// list, or `FirstClick.timelineFlag` and a timeline's number.
  var pending: UInt32 = 0

  init(key: HashKey) { self.key = key }

  /// True when nothing in state is his.
  @inline(__always) var isIdle: Bool { head | waitingCount | pending == 0 }
}

/// Users by the fingerprint of their user_id, in chunks of the arena.
struct UserTable: ~Copyable {
  private var index = KeyTable()
  private let blocks: ChunkArena.Blocks
  /// Of records that are free: linked through their heads.
  private var firstFree: UInt32 = 0

  private static let userUnits = UInt32(MemoryLayout<User>.stride / 4)

  init(_ blocks: ChunkArena.Blocks) { self.blocks = blocks }

  var count: Int { index.count }
  /// Without the arena's chunks.
  var allocatedBytes: Int { index.allocatedBytes }

  @inline(__always) subscript(user: UInt32) -> UnsafeMutablePointer<User> {
    blocks.pointer(user).assumingMemoryBound(to: User.self)
  }

  @inline(__always) func prefetchLine(of key: HashKey) { index.prefetchLine(of: key) }

  /// The user that it is likely, or 0; his record is on the way.
  @inline(__always) func likelyUser(_ key: HashKey) -> UInt32 {
    let user = index.likely(key)
    prefetch(self[user])
    return user
  }

  /// The user with this fingerprint, made if need be.
  ///
  /// The user `likely`, from `likelyUser`, is compared first.
  @inline(__always)
  mutating func user(_ key: HashKey, likely: UInt32, _ cells: inout ChunkArena) -> UInt32 {
    if likely != 0 && self[likely].pointee.key == key { return likely }
    return findOrAdd(key, &cells)
  }

  @inline(never)
  private mutating func findOrAdd(_ key: HashKey, _ cells: inout ChunkArena) -> UInt32 {
    let found = index.find(key) { self[$0].pointee.key == key }
    if found != 0 { return found }
    if firstFree == 0 { addFree(cells.takeChunk()) }
    let user = firstFree
    firstFree = self[user].pointee.head
    self[user].initialize(to: User(key: key))
    index.insert(key, user)
    return user
  }

  /// Forgets the user, who must be idle.
  @inline(never) mutating func remove(_ user: UInt32) {
    index.remove(self[user].pointee.key, user)
    self[user].pointee.head = firstFree
    firstFree = user
  }

  private mutating func addFree(_ chunk: UInt32) {
    for place in stride(from: 0, to: ChunkArena.chunkUnits, by: Int(UserTable.userUnits)) {
      var user = User(key: 0)
      user.head = firstFree
      firstFree = chunk + place
      self[firstFree].initialize(to: user)
    }
  }
}
