// Two lines of an index of ids, searched at once: SSE2 where the processor has it, plain C elsewhere.
#ifndef FIRSTCLICK_PROBE_H
#define FIRSTCLICK_PROBE_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#pragma clang assume_nonnull begin

/// Eight slots in one cache line; to be allocated at its alignment, 64 bytes.
struct probe_line {
  uint16_t tags[8];
  /// A slot is in use while its epoch is not before the first one that counts; 0 never is.
  uint16_t epochs[8];
  uint32_t references[8];
};

/// Slots of two lines: 0 to 7 are the first one's, 8 to 15 the second one's.
struct probe_result {
  /// A bit for every slot in use that has the tag.
  uint32_t matches;
  /// A free slot of the emptier line; 16 when both are full.
  uint32_t free_slot;
};

/// Looks for `tag` in slots with an epoch of at least `first_epoch`, which is not 0.
static inline struct probe_result probe_lines(
    const struct probe_line *left, const struct probe_line *right, uint16_t tag,
    uint16_t first_epoch) {
  struct probe_result result;
#ifdef __SSE2__
  const __m128i wanted = _mm_set1_epi16((short)tag);
  const __m128i first = _mm_set1_epi16((short)first_epoch);
  const __m128i none = _mm_setzero_si128();
  __m128i left_used = _mm_cmpeq_epi16(
      _mm_subs_epu16(first, _mm_load_si128((const __m128i *)left->epochs)), none);
  __m128i right_used = _mm_cmpeq_epi16(
      _mm_subs_epu16(first, _mm_load_si128((const __m128i *)right->epochs)), none);
  __m128i left_equal = _mm_cmpeq_epi16(_mm_load_si128((const __m128i *)left->tags), wanted);
  __m128i right_equal = _mm_cmpeq_epi16(_mm_load_si128((const __m128i *)right->tags), wanted);
  __m128i used = _mm_packs_epi16(left_used, right_used);
  result.matches = (uint32_t)_mm_movemask_epi8(
      _mm_and_si128(used, _mm_packs_epi16(left_equal, right_equal)));
  // A used slot is a byte of ones, so 1 when it is negated: the halves sum up each line.
  __m128i counts = _mm_sad_epu8(_mm_sub_epi8(none, used), none);
  uint32_t free = ~(uint32_t)_mm_movemask_epi8(used) & 0xFFFF;
  int is_right = _mm_cvtsi128_si32(counts) > _mm_extract_epi16(counts, 4);
  free &= is_right ? 0xFF00 : 0x00FF;
  result.free_slot = (uint32_t)__builtin_ctz(free | 0x10000);
#else
  uint32_t used[2] = {0, 0};
  uint32_t equal = 0;
  int counts[2] = {0, 0};
  for (int slot = 0; slot < 16; slot++) {
    const struct probe_line *line = slot < 8 ? left : right;
    if (line->epochs[slot & 7] < first_epoch) continue;
    used[slot >> 3] |= 1u << slot;
    counts[slot >> 3]++;
    equal |= (uint32_t)(line->tags[slot & 7] == tag) << slot;
  }
  result.matches = equal;
  uint32_t free = counts[0] > counts[1] ? 0xFF00 & ~used[1] : 0x00FF & ~used[0];
  result.free_slot = (uint32_t)__builtin_ctz(free | 0x10000);
#endif
  return result;
}

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
