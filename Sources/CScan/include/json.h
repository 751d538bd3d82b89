// Scanning JSON, to be inlined into Swift: SSE2 where the processor has it, plain C elsewhere.
//
// As in scan.h, every function may read up to 64 bytes behind the range it is given.
#ifndef FIRSTCLICK_JSON_H
#define FIRSTCLICK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#pragma clang assume_nonnull begin

#ifdef __SSE2__
/// A bit for each of 32 bytes that is not plain text within a JSON string.
static inline uint32_t scan_text_stops(const void *at) {
  const __m128i second_bit = _mm_set1_epi8(2);
  const __m128i bound = _mm_set1_epi8(0x21);
  const __m128i backslash = _mm_set1_epi8('\\');
  uint32_t stops[2];
  for (int half = 0; half < 2; half++) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)at + half);
    // With its second bit inverted, a quote is 0x20, next to the control characters, which stay
    // among themselves. The comparison is signed: bytes >= 0x80 are less too.
    __m128i inverted = _mm_xor_si128(bytes, second_bit);
    stops[half] = (uint32_t)_mm_movemask_epi8(
        _mm_or_si128(_mm_cmplt_epi8(inverted, bound), _mm_cmpeq_epi8(bytes, backslash)));
  }
  return stops[0] | stops[1] << 16;
}
#endif

/// The first byte at or after `from` that is not plain text within a JSON string: a quote, a
/// backslash, a control character or a byte >= 0x80; `end` or more if there is none.
static inline const void *scan_plain_text(const void *from, const void *end) {
  const uint8_t *p = (const uint8_t *)from;
#ifdef __SSE2__
  do {
    uint32_t stops = scan_text_stops(p);
    if (stops != 0) return p + __builtin_ctz(stops);
    p += 32;
  } while ((const void *)p < end);
#else
  while ((const void *)p < end && *p != '"' && *p != '\\' && *p >= 0x20 && *p < 0x80) p++;
#endif
  return p;
}

/// Sets a bit of `words` for each byte that is not plain text within a JSON string, 64 a word.
void scan_mark_text_stops(const void *from, size_t word_count, uint64_t *words);

/// Bytes of which those that are not plain text are marked (`scan_mark_text_stops`); one more word,
/// which holds anything, stands behind the last.
struct scan_marked_text {
  const void *start;
  size_t byte_count;
  const uint64_t *words;
};

/// `scan_plain_text`, by a look at the marks where there are some.
static inline const void *scan_marked_plain_text(
    const struct scan_marked_text *marked, const void *from, const void *end) {
  size_t offset = (uintptr_t)from - (uintptr_t)marked->start;
  if (offset < marked->byte_count) {
    uint64_t stops;
    memcpy(&stops, (const uint8_t *)marked->words + offset / 8, 8);
    // 57 bits at least.
    stops >>= offset % 8;
    if (stops != 0) return (const uint8_t *)from + __builtin_ctzll(stops);
  }
  return scan_plain_text(from, end);
}

/// The bytes expected between two values of an object, such as `,"user_id":`.
struct scan_literal {
  _Alignas(16) uint8_t bytes[32];
  /// One bit for each byte that counts.
  uint32_t mask;
  uint32_t byte_count;
  /// What the literal means to its owner.
  uint32_t tag;
};

/// Whether the bytes at `at`, followed by at least 31 readable ones, begin with the literal.
static inline bool scan_matches(const void *at, const struct scan_literal *literal) {
#ifdef __SSE2__
  __m128i a = _mm_cmpeq_epi8(
      _mm_loadu_si128((const __m128i *)at), _mm_load_si128((const __m128i *)literal->bytes));
  __m128i b = _mm_cmpeq_epi8(
      _mm_loadu_si128((const __m128i *)at + 1),
      _mm_load_si128((const __m128i *)literal->bytes + 1));
  uint32_t equal = (uint32_t)_mm_movemask_epi8(a) | (uint32_t)_mm_movemask_epi8(b) << 16;
  return (~equal & literal->mask) == 0;
#else
  return memcmp(at, literal->bytes, (size_t)__builtin_popcount(literal->mask)) == 0;
#endif
}

/// Makes a literal of 1 to 32 bytes.
static inline struct scan_literal scan_make_literal(
    const void *bytes, size_t byte_count, uint32_t tag) {
  struct scan_literal literal = {{0}, 0, (uint32_t)byte_count, tag};
  memcpy(literal.bytes, bytes, byte_count);
  literal.mask = byte_count == 32 ? UINT32_MAX : (1u << byte_count) - 1;
  return literal;
}

/// A walk over the members of an object.
struct scan_walk {
  /// At the object's start, behind a member's value, or at it.
  const void *cursor;
  /// Whose value the cursor is at or behind: the tag of the literal that led to it.
  uint32_t member;
  /// Those of whom the walk has passed a value; one bit each.
  uint32_t passed;
};

/// Walks over members as long as what stands between their values is `expected` behind each, and the
/// values are plain strings; notes these in `places`, by member: their distance from `message` and
/// their length, 32 bits each.
///
/// Ends behind a value where something else follows (false), or at a value that is no plain string
/// (true), perhaps behind `end`.
static inline bool scan_walk_members(
    struct scan_walk *walk, bool is_at_value, const struct scan_literal *expected,
    const struct scan_marked_text *marked, const void *message, const void *end, void *places) {
  const uint8_t *p = (const uint8_t *)walk->cursor;
  uint32_t member = walk->member;
  uint32_t passed = 0;
  while (true) {
    if (!is_at_value) {
      const struct scan_literal *literal = expected + member;
      if (!scan_matches(p, literal)) break;
      p += literal->byte_count;
      member = literal->tag;
      is_at_value = true;
    }
    if ((const void *)p >= end || *p != '"') break;
    const uint8_t *quote = (const uint8_t *)scan_marked_plain_text(marked, p + 1, end);
    if ((const void *)quote >= end || *quote != '"') break;
    uint32_t place[2] = {
        (uint32_t)(p + 1 - (const uint8_t *)message), (uint32_t)(quote - (p + 1))};
    memcpy((uint8_t *)places + sizeof(place) * member, place, sizeof(place));
    passed |= 1u << (member & 31);
    p = quote + 1;
    is_at_value = false;
  }
  walk->cursor = p;
  walk->member = member;
  walk->passed = passed;
  return is_at_value;
}

#pragma clang assume_nonnull end
#endif
