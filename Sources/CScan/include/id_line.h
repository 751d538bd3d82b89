// A line of an index of ids, searched at once: SSE2 where the processor has it, plain C elsewhere.
#ifndef FIRSTCLICK_ID_LINE_H
#define FIRSTCLICK_ID_LINE_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#pragma clang assume_nonnull begin

enum { ID_LINE_SLOTS = 10 };

/// Ten slots in one cache line; to be allocated at its alignment, 64 bytes.
struct id_line {
  uint32_t references[ID_LINE_SLOTS];
  uint8_t tags[ID_LINE_SLOTS];
  /// A slot is in use while its epoch is not before the first one that counts; 0 never is.
  uint8_t epochs[ID_LINE_SLOTS];
  /// The greatest epoch among the ids that found this line full and stand further on.
  uint8_t passed;
  uint8_t unused[3];
};

/// Slots of a line, a bit for each.
struct id_probe {
  /// Those in use that have the tag.
  uint32_t matches;
  uint32_t free;
  /// Not 0 when ids that count found the line full.
  uint32_t goes_on;
};

/// Looks for `tag` in slots with an epoch of at least `first_epoch`, which is not 0.
static inline struct id_probe id_line_probe(
    const struct id_line *line, uint8_t tag, uint8_t first_epoch) {
  struct id_probe probe;
  uint32_t equal = 0, used = 0;
#ifdef __SSE2__
  const __m128i *quarters = (const __m128i *)line;
  // Bytes 40 to 55, the first ten of which are tags; 48 to 63, where epochs begin with the third.
  __m128i tags = _mm_loadu_si128((const __m128i *)line->tags);
  __m128i before = _mm_subs_epu8(_mm_set1_epi8((char)first_epoch), _mm_load_si128(quarters + 3));
  equal = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag)));
  used = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(before, _mm_setzero_si128())) >> 2;
#else
  for (int slot = 0; slot < ID_LINE_SLOTS; slot++) {
    equal |= (uint32_t)(line->tags[slot] == tag) << slot;
    used |= (uint32_t)(line->epochs[slot] >= first_epoch) << slot;
  }
  used |= (uint32_t)(line->passed >= first_epoch) << ID_LINE_SLOTS;
#endif
  const uint32_t slots = (1u << ID_LINE_SLOTS) - 1;
  probe.matches = equal & used & slots;
  probe.free = ~used & slots;
  probe.goes_on = used & ~slots & (1u << ID_LINE_SLOTS);
  return probe;
}

/// Takes `distance` off all epochs of a line; those that are not greater become 0.
static inline void id_line_age(struct id_line *line, uint8_t distance) {
  for (int slot = 0; slot < ID_LINE_SLOTS; slot++) {
    uint8_t epoch = line->epochs[slot];
    line->epochs[slot] = epoch > distance ? (uint8_t)(epoch - distance) : 0;
  }
  line->passed = line->passed > distance ? (uint8_t)(line->passed - distance) : 0;
}

#pragma clang assume_nonnull end
#endif
