import Connect

/// Which partition a user's events belong to.
enum UserPartitions {
  /// The same for every run, so that rows come out in the same order.
  ///
  /// By the upper bits of the hash: files that were partitioned by the lower ones, as those of a log
  /// are, spread over all partitions.
  @inline(__always)
  static func partition(of user: UnsafeRawBufferPointer, among count: Int) -> Int {
    Int(truncatingIfNeeded: (UInt64(Murmur2.hash(user)) &* UInt64(count)) &>> 32)
  }
}
