// A cache-line prefetch that inlines into Swift.
#ifndef FIRSTCLICK_PREFETCH_H
#define FIRSTCLICK_PREFETCH_H

/// Asks for the cache line at `address` before it is needed; any address is allowed.
static inline void prefetch(const void *_Nullable address) { __builtin_prefetch(address, 1, 3); }

#endif
