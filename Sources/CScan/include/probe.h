// One line of a hash index, searched at once: SSE2 where the processor has it, plain C elsewhere.
#ifndef FIRSTCLICK_PROBE_H
#define FIRSTCLICK_PROBE_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#pragma clang assume_nonnull begin

/// Ten slots in one cache line; to be allocated at its alignment, 64 bytes.
struct probe_line {
  /// 0: the slot is empty.
  uint16_t tags[10];
  /// Slots that are not empty.
  uint16_t count;
  /// Entries that found this line full and stand in lines behind it.
  uint16_t overflow_count;
  uint32_t references[10];
};

/// A bit for every slot with this tag.
static inline uint32_t probe_tags(const struct probe_line *line, uint16_t tag) {
#ifdef __SSE2__
  const __m128i wanted = _mm_set1_epi16((short)tag);
  __m128i first = _mm_loadu_si128((const __m128i *)line->tags);
  __m128i last = _mm_loadu_si128((const __m128i *)(line->tags + 2));
  uint32_t equal = (uint32_t)_mm_movemask_epi8(
      _mm_packs_epi16(_mm_cmpeq_epi16(first, wanted), _mm_cmpeq_epi16(last, wanted)));
  return (equal & 0xFF) | (equal >> 14 << 8);
#else
  uint32_t equal = 0;
  for (int slot = 0; slot < 10; slot++) equal |= (uint32_t)(line->tags[slot] == tag) << slot;
  return equal;
#endif
}

/// A bit for every slot with this reference.
static inline uint32_t probe_references(const struct probe_line *line, uint32_t reference) {
#ifdef __SSE2__
  const __m128i wanted = _mm_set1_epi32((int)reference);
  __m128i first = _mm_loadu_si128((const __m128i *)line->references);
  __m128i middle = _mm_loadu_si128((const __m128i *)(line->references + 4));
  __m128i last = _mm_loadu_si128((const __m128i *)(line->references + 6));
  __m128i front = _mm_packs_epi32(
      _mm_cmpeq_epi32(first, wanted), _mm_cmpeq_epi32(middle, wanted));
  __m128i back = _mm_packs_epi32(_mm_cmpeq_epi32(last, wanted), _mm_setzero_si128());
  uint32_t equal = (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(front, back));
  return (equal & 0xFF) | (equal >> 10 << 8);
#else
  uint32_t equal = 0;
  for (int slot = 0; slot < 10; slot++) {
    equal |= (uint32_t)(line->references[slot] == reference) << slot;
  }
  return equal;
#endif
}

#pragma clang assume_nonnull end
#endif
