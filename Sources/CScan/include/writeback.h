// Writing a file's pages to disk while more of it is made.
#ifndef FIRSTCLICK_WRITEBACK_H
#define FIRSTCLICK_WRITEBACK_H

#include <stdint.h>

#ifdef __linux__
// Of <fcntl.h>, which hides it from strict C.
extern int sync_file_range(int, long, long, unsigned int);
#endif

/// Has the system begin to write the range to disk, without waiting; only advice.
static inline void writeback_start(int file, int64_t offset, int64_t byte_count) {
#ifdef __linux__
  // SYNC_FILE_RANGE_WRITE
  (void)sync_file_range(file, (long)offset, (long)byte_count, 2);
#else
  (void)file;
  (void)offset;
  (void)byte_count;
#endif
}

#endif
