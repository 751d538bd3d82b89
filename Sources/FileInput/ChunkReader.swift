package import Connect
import Synchronization

/// Reads files in chunks of whole records, by as many threads as call it.
///
/// Each thread has a buffer and asks for the next chunk until there is none: of a file that is not
/// packed the threads read different parts at the same time, a packed one they unpack in turns while
/// the others decode. Memory is one chunk a thread, and the longest record. The chunks of a file come
/// in ascending order of their offsets, but not one after another: file order and offset tell which
/// record came first.
package final class ChunkReader: Sendable {
  package static let defaultChunkByteCount = 512 << 10

  private enum Claim {
    case share(PlainFile, Int)
    case packed(PackedFile)
  }

  private struct State: Sendable {
    var nextFile = 0
    var plain: PlainFile?
    var nextChunk = 0
    /// Packed files that nobody unpacks from now.
    var waiting: [PackedFile] = []
    /// How many packed files are being unpacked from.
    var busyCount = 0
  }

  package let files: [InputFile]
  private let chunkByteCount: Int
  private let state = Gate(State())
  private let readBytes = Atomic<Int64>(0)

  /// Bytes of all files, as they are on disk.
  package let byteCount: Int64
  /// Bytes on disk that were read so far, headers included: all of them at the end.
  package var readByteCount: Int64 { readBytes.load(ordering: .relaxed) }

  package init(_ files: [InputFile], chunkByteCount: Int = defaultChunkByteCount) {
    precondition(chunkByteCount > 0, "chunks of \(chunkByteCount) bytes")
    self.files = files
    self.chunkByteCount = chunkByteCount
    byteCount = files.reduce(0) { $0 + $1.byteCount }
  }

  /// The next chunk, in the buffer's memory: valid until its next use; nil when all were read.
  ///
  /// - Throws: when a file cannot be read or unpacked, or is not what it was when it was checked.
  ///   From then on every call, of any thread, throws the same.
  package func next(into buffer: ChunkBuffer) throws(ConnectorError) -> Chunk? {
    do throws(ConnectorError) {
      while let claim = try claim() {
        if let chunk = try read(claim, into: buffer) { return chunk }
      }
      return nil
    } catch {
      state.fail(error)
      throw error
    }
  }

  private func read(
    _ claim: Claim,
    into buffer: ChunkBuffer
  ) throws(ConnectorError) -> Chunk? {
    switch claim {
    case .share(let file, let index):
      let chunk = try file.read(index, into: buffer)
      readBytes.add(Int64(file.shareByteCount(of: index)), ordering: .relaxed)
      return chunk
    case .packed(let file):
      let before = file.readByteCount
      let chunk = try file.read(into: buffer)
      readBytes.add(file.readByteCount - before, ordering: .relaxed)
      try state.update { state in
        state.busyCount -= 1
        if chunk != nil { state.waiting.append(file) }
      }
      return chunk
    }
  }

  /// Something to read; nil when there is and will be nothing.
  private func claim() throws(ConnectorError) -> Claim? {
    let claim: Claim? = try state.wait { state throws(ConnectorError) in
      while true {
        if let file = state.plain, state.nextChunk < file.chunkCount {
          defer { state.nextChunk += 1 }
          return .some(.share(file, state.nextChunk))
        }
        if !state.waiting.isEmpty {
          state.busyCount += 1
          return .some(.packed(state.waiting.removeFirst()))
        }
        guard state.nextFile < files.count else { break }
        let file = files[state.nextFile]
        state.nextFile += 1
        try open(file, in: &state)
      }
      return state.busyCount == 0 ? .some(nil) : nil
    }
    return claim
  }

  /// Makes a file the next to read from, behind what stands before its records.
  private func open(_ file: InputFile, in state: inout State) throws(ConnectorError) {
    if let packed = try PackedFile(file, chunkByteCount: chunkByteCount) {
      state.waiting.append(packed)
      readBytes.add(packed.readByteCount, ordering: .relaxed)
    } else {
      state.plain = try PlainFile(file, shareByteCount: chunkByteCount)
      state.nextChunk = 0
      readBytes.add(file.dataStart, ordering: .relaxed)
    }
  }
}
