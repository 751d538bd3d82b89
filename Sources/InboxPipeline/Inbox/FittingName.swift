import OrderKPIs

/// Shortens names that are longer than a file system takes.
enum FittingName {
  /// NAME_MAX of Linux.
  private static let byteLimit = 255

  /// The name itself where it fits with its companion's ending behind it, such as `.reason.json`;
  /// otherwise its beginning, a hash of all of it, and its ending.
  static func of(_ name: String, companion: String = "") -> String {
    let limit = byteLimit - companion.utf8.count
    guard name.utf8.count > limit else { return name }
    let ending = ShopTable.fileEndings.first { name.hasSuffix($0) } ?? ""
    let tail = "-\(hash(of: name))\(ending)"
    var stem = name.dropLast(ending.count)
    while stem.utf8.count + tail.utf8.count > limit { stem.removeLast() }
    return stem + tail
  }

  /// FNV-1a in hexadecimal digits.
  private static func hash(of name: String) -> String {
    let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
      // Modulo 2^64 by definition.
      (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return String(hash, radix: 16)
  }
}
