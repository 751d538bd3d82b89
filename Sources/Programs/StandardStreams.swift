import Foundation

/// What a program was started with, made such that its files are written as they say.
enum StandardStreams {
  /// Fills the places of closed standard streams, and has writes beyond limits fail.
  ///
  /// Call it before any file is opened: the system gives a file the first free place, and the
  /// messages of a program without standard error would go into its log or its answers. What is
  /// put there can be used as little as a closed stream: writing to standard output fails and
  /// reading from standard input does; messages are lost.
  static func prepare() {
    for (stream, mode) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY),
    ] where fcntl(stream, F_GETFD) < 0 {
      // The first free place is this one: those below it are taken.
      _ = open("/dev/null", mode)
    }
    // A file that reaches the process's limit is a write that fails, with a line of its own.
    signal(SIGXFSZ, SIG_IGN)
  }
}
