// Slots of an index, searched at once: SSE2 where the processor has it, plain C elsewhere.
#ifndef FIRSTCLICK_PROBE_H
#define FIRSTCLICK_PROBE_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#pragma clang assume_nonnull begin

/// Sixteen slots in one cache line; to be allocated at its alignment, 64 bytes.
struct probe_line {
  int32_t slots[16];
};

/// A bit for every slot.
struct probe_result {
  /// At least as great as the first one that counts.
  uint32_t used;
  /// Used, and with the bits asked for.
  uint32_t matches;
};

/// Looks for slots of at least `first` whose bits under `mask` are `wanted`.
static inline struct probe_result probe_slots_of(
    const struct probe_line *line, int32_t wanted, int32_t mask, int32_t first) {
  struct probe_result result;
#ifdef __SSE2__
  const __m128i *slots = (const __m128i *)line->slots;
  const __m128i before = _mm_set1_epi32(first - 1);
  const __m128i bits = _mm_set1_epi32(wanted);
  const __m128i of = _mm_set1_epi32(mask);
  __m128i used[4], equal[4];
  for (int i = 0; i < 4; i++) {
    __m128i four = _mm_load_si128(slots + i);
    used[i] = _mm_cmpgt_epi32(four, before);
    equal[i] = _mm_cmpeq_epi32(_mm_and_si128(four, of), bits);
  }
  result.used = (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(
      _mm_packs_epi32(used[0], used[1]), _mm_packs_epi32(used[2], used[3])));
  result.matches = result.used & (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(
      _mm_packs_epi32(equal[0], equal[1]), _mm_packs_epi32(equal[2], equal[3])));
#else
  result.used = result.matches = 0;
  for (int slot = 0; slot < 16; slot++) {
    uint32_t is_used = line->slots[slot] >= first;
    result.used |= is_used << slot;
    result.matches |= (is_used & ((line->slots[slot] & mask) == wanted)) << slot;
  }
#endif
  return result;
}

/// The first of the eight slots in one cache line whose upper half is `hash`; 8 if there is none.
static inline uint32_t probe_upper_halves(const uint64_t *slots, uint32_t hash) {
#ifdef __SSE2__
  const __m128i wanted = _mm_set1_epi32((int)hash);
  __m128i equal[4];
  for (int i = 0; i < 4; i++) {
    equal[i] = _mm_cmpeq_epi32(_mm_load_si128((const __m128i *)slots + i), wanted);
  }
  // Two bits a slot, of which the second one counts.
  uint32_t halves = (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(
      _mm_packs_epi32(equal[0], equal[1]), _mm_packs_epi32(equal[2], equal[3])));
  return (uint32_t)__builtin_ctz((halves & 0xAAAA) | 1u << 17) >> 1;
#else
  for (uint32_t slot = 0; slot < 8; slot++) {
    if (slots[slot] >> 32 == hash) return slot;
  }
  return 8;
#endif
}

#pragma clang assume_nonnull end
#endif
