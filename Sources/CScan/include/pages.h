// Memory for large tables, in large pages where the system has them, and what becomes of freed pages.
#ifndef FIRSTCLICK_PAGES_H
#define FIRSTCLICK_PAGES_H

#include <stddef.h>
#ifdef __linux__
#include <sys/mman.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

/// Asks for pages of 2 MiB in the range, which begins at a multiple of that; only advice.
static inline void pages_advise_large(void *_Nonnull address, size_t byte_count) {
#ifdef __linux__
  // MADV_HUGEPAGE, which <sys/mman.h> hides from strict C.
  (void)madvise(address, byte_count, 14);
#else
  (void)address;
  (void)byte_count;
#endif
}

/// Has `malloc` keep up to `kept_byte_count` freed bytes in each of its arenas, and take blocks of up
/// to `block_byte_count` from them; only where it is glibc's.
static inline void pages_keep_freed(int kept_byte_count, int block_byte_count) {
#ifdef __GLIBC__
  (void)mallopt(M_TRIM_THRESHOLD, kept_byte_count);
  (void)mallopt(M_MMAP_THRESHOLD, block_byte_count);
#else
  (void)kept_byte_count;
  (void)block_byte_count;
#endif
}

#endif
