// Slots of a hash table, searched at once: SSE2 where the processor has it, plain C elsewhere.
#ifndef FIRSTCLICK_PROBE_H
#define FIRSTCLICK_PROBE_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#pragma clang assume_nonnull begin

/// The first of four slots whose upper half is `hash`; 4 if there is none.
static inline uint32_t probe_slots(const uint64_t *slots, uint32_t hash) {
#ifdef __SSE2__
  const __m128i wanted = _mm_set1_epi32((int)hash);
  __m128i front = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)slots), wanted);
  __m128i back = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)slots + 1), wanted);
  // The sign of a 64-bit lane is that of its upper half.
  uint32_t equal = (uint32_t)_mm_movemask_pd(_mm_castsi128_pd(front))
      | (uint32_t)_mm_movemask_pd(_mm_castsi128_pd(back)) << 2;
  return (uint32_t)__builtin_ctz(equal | 1u << 4);
#else
  for (uint32_t slot = 0; slot < 4; slot++) {
    if (slots[slot] >> 32 == hash) return slot;
  }
  return 4;
#endif
}

#pragma clang assume_nonnull end
#endif
