// Memory for large tables, in large pages where the system has them.
#ifndef FIRSTCLICK_PAGES_H
#define FIRSTCLICK_PAGES_H

#include <stddef.h>
#ifdef __linux__
#include <sys/mman.h>
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

#endif
