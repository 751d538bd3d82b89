internal import CScan

/// What the engine knows of one user: the chain of his clicks in the order of event time; 64 bytes,
/// one cache line.
///
/// ```
/// head -> click -> click -> tail        replayed clicks, by (time, event_id)
/// ```
struct User: BitwiseCopyable {
  /// The two lanes of the user_id's fingerprint.
  var lanes: (UInt64, UInt64)
  var head: UInt32 = 0
  var tail: UInt32 = 0
  /// Clicks in the chain.
  var count: UInt32 = 0
  /// Clicks (chained or not) and pending checkouts that name this user; at 0 he is forgotten.
  var references: UInt32 = 0

  // Early rows only.

  /// Clicks that are not replayed yet.
  var bucketedCount: UInt32 = 0
  /// The first of those; 0 while `bucketedCount > 0`: not known.
  var firstBucketed: UInt32 = 0
  /// Pending checkouts: the head of a list, or `UserTimeline.flag` and the number of a timeline.
  var pending: UInt32 = 0

  /// Landmarks in a long chain; 0 for none.
  var landmarks: UInt32 = 0
  /// Of `firstBucketed`, so that a click is compared without touching that one.
  var firstBucketedTime: Int64 = 0
  /// Fills the cache line.
  private var padding: Int64 = 0

  init(lanes: (UInt64, UInt64)) { self.lanes = lanes }
}

/// Users by the fingerprint of their user_id.
struct UserTable: ~Copyable {
  private var index = HashIndex()
  private var users = Slab<User>()

  var count: Int { users.count }
  var allocatedBytes: Int { index.allocatedBytes + users.allocatedBytes }

  @inline(__always) subscript(user: UInt32) -> UnsafeMutablePointer<User> { users[user] }

  @inline(__always) func prefetchSlot(of lanes: (UInt64, UInt64)) {
    index.prefetchSlot(of: UserTable.tag(of: lanes))
  }

  /// The user that the tag alone points to, or 0; his record is on the way.
  @inline(__always) func likelyUser(_ lanes: (UInt64, UInt64)) -> UInt32 {
    let user = index.first(UserTable.tag(of: lanes))
    if user != 0 { prefetch(users[user]) }
    return user
  }

  /// The user with this fingerprint, made if need be, with one reference more.
  ///
  /// The user `likely`, from `likelyUser`, is compared first.
  @inline(__always)
  mutating func retain(_ lanes: (UInt64, UInt64), likely: UInt32) -> UInt32 {
    var user = likely
    if likely == 0 || users[likely].pointee.lanes != lanes { user = findOrAdd(lanes) }
    users[user].pointee.references &+= 1
    return user
  }

  private mutating func findOrAdd(_ lanes: (UInt64, UInt64)) -> UInt32 {
    let tag = UserTable.tag(of: lanes)
    var user = index.find(tag) { users[$0].pointee.lanes == lanes }
    if user == 0 {
      user = users.insert(User(lanes: lanes))
      index.insert(tag, user)
    }
    return user
  }

  @inline(__always) mutating func release(_ user: UInt32) {
    users[user].pointee.references &-= 1
    if users[user].pointee.references == 0 { remove(user) }
  }

  private mutating func remove(_ user: UInt32) {
    index.remove(UserTable.tag(of: users[user].pointee.lanes), user)
    users.remove(user)
  }

  @inline(__always) private static func tag(of lanes: (UInt64, UInt64)) -> UInt32 {
    UInt32(truncatingIfNeeded: lanes.0 >> 32)
  }
}
