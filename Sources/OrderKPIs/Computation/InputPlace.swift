/// Where a part of the input begins: parts are in the order of the files, then of their offsets.
struct InputPlace: Hashable, Comparable, Sendable {
  /// The file's place among those of its table.
  var file: Int
  /// In bytes of the file, unpacked.
  var offset: Int64

  static func < (left: InputPlace, right: InputPlace) -> Bool {
    (left.file, left.offset) < (right.file, right.offset)
  }
}
