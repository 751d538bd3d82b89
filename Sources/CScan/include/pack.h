// Hexadecimal digits in text, 16 at a time, to numbers and back: SSE2 where the processor has it,
// plain C elsewhere.
#ifndef FIRSTCLICK_PACK_H
#define FIRSTCLICK_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#pragma clang assume_nonnull begin

/// The digits 0-9a-f at the end of 16 bytes: their number, and the number that they spell.
struct pack_digits {
  uint64_t value;
  uint32_t count;
};

static inline struct pack_digits pack_last_digits(const void *sixteen_bytes) {
  struct pack_digits digits;
#ifdef __SSE2__
  __m128i text = _mm_loadu_si128((const __m128i *)sixteen_bytes);
  __m128i decimal = _mm_sub_epi8(text, _mm_set1_epi8('0'));
  __m128i letter = _mm_sub_epi8(text, _mm_set1_epi8('a'));
  __m128i is_decimal = _mm_cmpeq_epi8(_mm_min_epu8(decimal, _mm_set1_epi8(9)), decimal);
  __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
  uint32_t others = ~(uint32_t)_mm_movemask_epi8(_mm_or_si128(is_decimal, is_letter)) & 0xFFFF;
  __m128i values = _mm_or_si128(
      _mm_and_si128(is_decimal, decimal),
      _mm_and_si128(is_letter, _mm_add_epi8(letter, _mm_set1_epi8(10))));
  // In each 16 bits the lower byte is the digit that comes first.
  __m128i pairs = _mm_and_si128(
      _mm_or_si128(_mm_slli_epi16(values, 4), _mm_srli_epi16(values, 8)), _mm_set1_epi16(0xFF));
  uint64_t value =
      __builtin_bswap64((uint64_t)_mm_cvtsi128_si64(_mm_packus_epi16(pairs, pairs)));
  digits.count = others == 0 ? 16 : (uint32_t)__builtin_clz(others << 16);
#else
  const uint8_t *text = (const uint8_t *)sixteen_bytes;
  uint64_t value = 0;
  digits.count = 0;
  for (int i = 0; i < 16; i++) {
    uint8_t c = text[i];
    bool is_decimal = c >= '0' && c <= '9', is_letter = c >= 'a' && c <= 'f';
    value = value << 4 | (is_decimal ? c - '0' : is_letter ? c - 'a' + 10 : 0);
    digits.count = is_decimal || is_letter ? digits.count + 1 : 0;
  }
#endif
  digits.value = digits.count == 16 ? value : value & (((uint64_t)1 << 4 * digits.count) - 1);
  return digits;
}

/// Writes a number as 16 digits 0-9a-f.
static inline void pack_write_digits(uint64_t value, void *to) {
#ifdef __SSE2__
  __m128i bytes = _mm_cvtsi64_si128((long long)__builtin_bswap64(value));
  const __m128i low = _mm_set1_epi8(15);
  __m128i values = _mm_unpacklo_epi8(
      _mm_and_si128(_mm_srli_epi16(bytes, 4), low), _mm_and_si128(bytes, low));
  __m128i letters = _mm_and_si128(
      _mm_cmpgt_epi8(values, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));
  _mm_storeu_si128(
      (__m128i *)to, _mm_add_epi8(_mm_add_epi8(values, _mm_set1_epi8('0')), letters));
#else
  uint8_t *digits = (uint8_t *)to;
  for (int i = 15; i >= 0; i--, value >>= 4) digits[i] = (uint8_t)"0123456789abcdef"[value & 15];
#endif
}

/// Whether 36 bytes have the dashes of a UUID; writes the other 32.
static inline bool pack_undash(const void *text, void *to) {
  const char *from = (const char *)text;
  char *target = (char *)to;
  memcpy(target, from, 8);
  memcpy(target + 8, from + 9, 4);
  memcpy(target + 12, from + 14, 4);
  memcpy(target + 16, from + 19, 4);
  memcpy(target + 20, from + 24, 8);
  memcpy(target + 28, from + 32, 4);
  return from[8] == '-' && from[13] == '-' && from[18] == '-' && from[23] == '-';
}

/// Writes 32 digits with the dashes of a UUID.
static inline void pack_dash(const void *digits, void *to) {
  const char *from = (const char *)digits;
  char *target = (char *)to;
  memset(target, '-', 36);
  memcpy(target, from, 8);
  memcpy(target + 9, from + 8, 4);
  memcpy(target + 14, from + 12, 4);
  memcpy(target + 19, from + 16, 4);
  memcpy(target + 24, from + 20, 12);
}

#pragma clang assume_nonnull end
#endif
