import CScan

/// What the process does with memory that is freed.
enum FreedMemory {
  /// Keeps up to 64 MiB of it in each of malloc's arenas, and takes blocks of up to 32 MiB from them.
  ///
  /// Giving pages back to the system and getting others a moment later costs a page fault for each,
  /// and interrupts all cores that run the process: batches, fetched messages and rows are of sizes
  /// that malloc would give back at once.
  static func keep() {
    pages_keep_freed(64 << 20, 32 << 20)
  }
}
