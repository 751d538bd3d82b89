import Connect
import FileInput
import Foundation
import Synchronization
import Testing

/// A chunk, copied.
struct ReadChunk: Equatable {
  var order: Int
  var offset: Int64
  var bytes: [UInt8]
}

func write(_ bytes: some Collection<UInt8>, to path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// Reads the files with several threads; the chunks in the order of files and offsets.
func readChunks(
  _ files: [InputFile],
  chunkByteCount: Int,
  threads: Int = 3
) throws -> [ReadChunk] {
  let reader = ChunkReader(files, chunkByteCount: chunkByteCount)
  let result = Mutex<Result<[ReadChunk], any Error>>(.success([]))
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    let buffer = ChunkBuffer()
    do {
      while let chunk = try reader.next(into: buffer) {
        let copy = ReadChunk(
          order: chunk.file.order,
          offset: chunk.offset,
          bytes: Array(chunk.bytes)
        )
        result.withLock { result in result = result.map { $0 + [copy] } }
      }
    } catch {
      result.withLock { $0 = .failure(error) }
    }
  }
  return try result.withLock { try $0.get() }.sorted {
    ($0.order, $0.offset) < ($1.order, $1.offset)
  }
}

/// The message of the error that the body throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
