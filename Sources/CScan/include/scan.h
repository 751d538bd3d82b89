// Byte scanning that inlines into Swift: SSE2 where the processor has it, plain C elsewhere.
//
// Every function may read up to 64 bytes behind the range it is given; nothing behind the range
// changes its answer, except where a comment says so.
#ifndef FIRSTCLICK_SCAN_H
#define FIRSTCLICK_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#pragma clang assume_nonnull begin

/// The first byte at or after `from` that is not plain text of an unquoted CSV cell: a comma, a
/// control character or a byte >= 0x80; `end` or more if there is none.
static inline const void *scan_plain_cell(const void *from, const void *end) {
  const uint8_t *p = (const uint8_t *)from;
#ifdef __SSE2__
  const __m128i comma = _mm_set1_epi8(',');
  const __m128i space = _mm_set1_epi8(0x20);
  do {
    __m128i a = _mm_loadu_si128((const __m128i *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(p + 16));
    __m128i a_stops = _mm_or_si128(_mm_cmpeq_epi8(a, comma), _mm_cmplt_epi8(a, space));
    __m128i b_stops = _mm_or_si128(_mm_cmpeq_epi8(b, comma), _mm_cmplt_epi8(b, space));
    uint32_t stops = (uint32_t)_mm_movemask_epi8(a_stops)
        | (uint32_t)_mm_movemask_epi8(b_stops) << 16;
    if (stops != 0) return p + __builtin_ctz(stops);
    p += 32;
  } while ((const void *)p < end);
#else
  while ((const void *)p < end && *p != ',' && *p >= 0x20 && *p < 0x80) p++;
#endif
  return p;
}

/// The number of bytes before the first `byte`; `byte_count` if there is none.
static inline size_t scan_until(const void *from, uint8_t byte, size_t byte_count) {
  const void *found = memchr(from, byte, byte_count);
  return found ? (size_t)((const uint8_t *)found - (const uint8_t *)from) : byte_count;
}

/// What a search for the end of a quoted CSV cell passed.
struct scan_quoted {
  /// The closing quote: the first one that is not doubled; the end of the range if there is none.
  const void *quote;
  bool has_doubled;
  /// Whether a byte was 0 or >= 0x80.
  bool has_unplain;
};

/// Searches `from`, behind the opening quote, to `end` for the end of a quoted CSV cell.
static inline struct scan_quoted scan_quoted_cell(const void *from, const void *end) {
  const uint8_t *p = (const uint8_t *)from;
  const uint8_t *stop = (const uint8_t *)end;
  struct scan_quoted found = {end, false, false};
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i one = _mm_set1_epi8(1);
  while (p < stop) {
    __m128i a = _mm_loadu_si128((const __m128i *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(p + 16));
    uint32_t range = stop - p < 32 ? (1u << (stop - p)) - 1 : UINT32_MAX;
    uint32_t quotes = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, quote))
        | (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(b, quote)) << 16;
    // The comparison is signed: bytes >= 0x80 are less than one too.
    uint32_t unplain = (uint32_t)_mm_movemask_epi8(_mm_cmplt_epi8(a, one))
        | (uint32_t)_mm_movemask_epi8(_mm_cmplt_epi8(b, one)) << 16;
    quotes &= range;
    unplain &= range;
    uint32_t byte_count = 32;
    while (quotes != 0) {
      uint32_t first = (uint32_t)__builtin_ctz(quotes);
      if (first == 31 && stop - p > 32) {
        // What follows is in the next block, which begins with this quote.
        byte_count = 31;
        break;
      }
      uint32_t pair = 3u << first;
      if ((quotes & pair) != pair || first == 31) {
        found.quote = p + first;
        found.has_unplain |= (unplain & ((1u << first) - 1)) != 0;
        return found;
      }
      found.has_doubled = true;
      quotes &= ~pair;
    }
    found.has_unplain |= unplain != 0;
    p += byte_count;
  }
#else
  for (; p < stop; p++) {
    if (*p != '"') {
      found.has_unplain |= *p == 0 || *p >= 0x80;
    } else if (p + 1 < stop && p[1] == '"') {
      found.has_doubled = true;
      p++;
    } else {
      found.quote = p;
      return found;
    }
  }
#endif
  return found;
}

/// A walk along CSV that keeps track of quotes.
struct scan_quote_walk {
  const void *cursor;
  bool is_inside;
};

/// Moves a walk over blocks of 64 bytes as long as every quote opens a cell at its beginning, closes
/// it, or is one of two within it; stops before the first block of which that is not so, and before
/// `end`. Then only counting decides, and no quote has to be looked at.
///
/// The walk stands behind a quote (behind both of two), or where it began; the byte before it is
/// readable.
static inline void scan_walk_quotes(struct scan_quote_walk *walk, const void *end) {
#ifdef __SSE2__
  const uint8_t *p = (const uint8_t *)walk->cursor;
  const uint8_t *stop = (const uint8_t *)end;
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i comma = _mm_set1_epi8(',');
  const __m128i line_feed = _mm_set1_epi8('\n');
  bool is_inside = walk->is_inside;
  uint64_t begins = p[-1] == ',' || p[-1] == '\n';
  uint64_t closed = 0;
  while (stop - p >= 64) {
    uint64_t quotes = 0;
    uint64_t separators = 0;
    for (int part = 0; part < 4; part++) {
      __m128i block = _mm_loadu_si128((const __m128i *)p + part);
      quotes |= (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, quote)) << 16 * part;
      __m128i separates =
          _mm_or_si128(_mm_cmpeq_epi8(block, comma), _mm_cmpeq_epi8(block, line_feed));
      separators |= (uint64_t)_mm_movemask_epi8(separates) << 16 * part;
    }
    // A bit is set if the number of quotes up to it is odd: inside, when the block begins outside.
    uint64_t inside = quotes;
    inside ^= inside << 1;
    inside ^= inside << 2;
    inside ^= inside << 4;
    inside ^= inside << 8;
    inside ^= inside << 16;
    inside ^= inside << 32;
    if (is_inside) inside = ~inside;
    uint64_t closing = quotes & ~inside;
    uint64_t may_open = separators << 1 | begins | closing << 1 | closed;
    if ((quotes & inside & ~may_open) != 0) break;
    is_inside = inside >> 63;
    begins = separators >> 63;
    closed = closing >> 63;
    p += 64;
  }
  if (closed != 0 && *p == '"') {
    // Between two quotes, which are passed together.
    is_inside = true;
    p++;
  }
  walk->cursor = p;
  walk->is_inside = is_inside;
#else
  (void)walk;
  (void)end;
#endif
}

/// Copies text in which every quote is doubled, with one of each two; returns the bytes written.
///
/// May write 15 bytes more than that; the two places do not overlap.
static inline size_t scan_unquote(const void *from, size_t byte_count, void *to) {
  const uint8_t *p = (const uint8_t *)from;
  const uint8_t *end = p + byte_count;
  uint8_t *target = (uint8_t *)to;
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  while (p < end) {
    __m128i block = _mm_loadu_si128((const __m128i *)p);
    _mm_storeu_si128((__m128i *)target, block);
    uint32_t quotes = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, quote));
    if (end - p < 16) quotes &= (1u << (end - p)) - 1;
    uint32_t count = quotes == 0 ? 16 : (uint32_t)__builtin_ctz(quotes) + 1;
    p += quotes == 0 ? 16 : count + 1;
    target += count;
  }
  // What was copied from behind the end does not count.
  return (size_t)(target - (uint8_t *)to) - (size_t)(p - end);
#else
  while (p < end) {
    *target++ = *p;
    p += *p == '"' ? 2 : 1;
  }
  return (size_t)(target - (uint8_t *)to);
#endif
}

/// How many of the bytes are `byte`.
static inline size_t scan_count(const void *from, uint8_t byte, size_t byte_count) {
  const uint8_t *p = (const uint8_t *)from;
  size_t count = 0;
  for (size_t i = 0; i < byte_count; i++) count += p[i] == byte;
  return count;
}

static inline bool scan_equal(const void *left, const void *right, size_t byte_count) {
  return memcmp(left, right, byte_count) == 0;
}

/// As above, inlined, in blocks of 32 bytes: for short strings of changing lengths.
static inline bool scan_equal_short(const void *left, const void *right, size_t byte_count) {
#ifdef __SSE2__
  const uint8_t *l = (const uint8_t *)left;
  const uint8_t *r = (const uint8_t *)right;
  while (true) {
    __m128i a = _mm_cmpeq_epi8(
        _mm_loadu_si128((const __m128i *)l), _mm_loadu_si128((const __m128i *)r));
    __m128i b = _mm_cmpeq_epi8(
        _mm_loadu_si128((const __m128i *)(l + 16)), _mm_loadu_si128((const __m128i *)(r + 16)));
    uint64_t equal = (uint32_t)_mm_movemask_epi8(a) | (uint64_t)_mm_movemask_epi8(b) << 16;
    if (byte_count <= 32) return (~equal & ((UINT64_C(1) << byte_count) - 1)) == 0;
    if (equal != UINT32_MAX) return false;
    l += 32;
    r += 32;
    byte_count -= 32;
  }
#else
  return memcmp(left, right, byte_count) == 0;
#endif
}

#pragma clang assume_nonnull end
#endif
