// Memory for large tables, in large pages where the system has them, and what becomes of freed pages.
#ifndef FIRSTCLICK_PAGES_H
#define FIRSTCLICK_PAGES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
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

/// Has `malloc` give back to the system what it keeps of freed memory; only where it is glibc's.
static inline void pages_return_freed(void) {
#ifdef __GLIBC__
  (void)malloc_trim(0);
#endif
}

/// Reserves addresses, from a multiple of `alignment` on, a power of two; zeroed memory comes with
/// their first use. NULL when there are not as many.
static inline void *_Nullable pages_reserve(size_t byte_count, size_t alignment) {
#ifdef __linux__
  // MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, which <sys/mman.h> hides from strict C.
  const int flags = 0x02 | 0x20 | 0x4000;
#else
  const int flags = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE;
#endif
  void *memory = mmap(NULL, byte_count + alignment, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  size_t before = -(uintptr_t)memory & (alignment - 1);
  if (before > 0) (void)munmap(memory, before);
  char *start = (char *)memory + before;
  (void)munmap(start + byte_count, alignment - before);
  return start;
}

/// Gives back what `pages_reserve` has reserved.
static inline void pages_release(void *_Nonnull start, size_t byte_count) {
  (void)munmap(start, byte_count);
}

#endif
