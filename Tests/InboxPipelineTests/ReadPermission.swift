import Foundation

/// Calls the body on a thread of its own that reads only what its user may, root included.
///
/// What lets root read every file are two capabilities of each thread, which this one gives up; the
/// threads that it starts inherit that. Source: capabilities(7), capset(2).
func mindingPermissions<Value>(_ body: @escaping () throws -> Value) throws -> Value {
  try inBackground {
    try giveUpReadingEverything()
    return try body()
  }.value()
}

private func giveUpReadingEverything() throws {
  /// `struct __user_cap_data_struct`: those in effect, allowed, inherited.
  typealias Sets = (effective: UInt32, permitted: UInt32, inheritable: UInt32)
  typealias Call = @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int32
  func call(_ name: String, _ header: inout (UInt32, Int32), _ sets: inout (Sets, Sets)) throws {
    guard let symbol = dlsym(nil, name) else { throw POSIXError(.ENOSYS) }
    guard unsafeBitCast(symbol, to: Call.self)(&header, &sets) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
    }
  }
  // _LINUX_CAPABILITY_VERSION_3; the calling thread.
  var header: (UInt32, Int32) = (0x2008_0522, 0)
  var sets: (Sets, Sets) = ((0, 0, 0), (0, 0, 0))
  try call("capget", &header, &sets)
  let overrideAccess: UInt32 = 1 << 1
  let readAndSearch: UInt32 = 1 << 2
  sets.0.effective &= ~(overrideAccess | readAndSearch)
  try call("capset", &header, &sets)
}
