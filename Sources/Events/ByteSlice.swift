/// A field of a record: a run of bytes, given relative to the start of the record's message.
///
/// Valid UTF-8 without NUL and without escapes: the decoder has checked it and, where the field had
/// escapes, rewritten it in place (the text is never longer than its escaped form).
@usableFromInline
package struct ByteSlice: BitwiseCopyable, Sendable {
  @usableFromInline package var offset: UInt32
  /// In bytes; `-1` when the field is absent (SQL NULL).
  @usableFromInline package var length: Int32

  @inlinable package init(offset: UInt32, length: Int32) {
    self.offset = offset
    self.length = length
  }

  @inlinable package static var absent: ByteSlice { ByteSlice(offset: 0, length: -1) }
  @inlinable package var isAbsent: Bool { length < 0 }
}
