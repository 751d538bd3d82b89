#include "json.h"
#ifdef __SSE2__
#include <immintrin.h>

/// As below, with twice the bytes an instruction.
__attribute__((target("avx2")))
static void mark_text_stops_avx2(const uint8_t *bytes, size_t word_count, uint64_t *words) {
  const __m256i second_bit = _mm256_set1_epi8(2);
  const __m256i bound = _mm256_set1_epi8(0x21);
  const __m256i backslash = _mm256_set1_epi8('\\');
  for (size_t word = 0; word < word_count; word++) {
    uint32_t stops[2];
    for (int half = 0; half < 2; half++) {
      __m256i block = _mm256_loadu_si256((const __m256i *)(bytes + 64 * word) + half);
      __m256i inverted = _mm256_xor_si256(block, second_bit);
      stops[half] = (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(
          _mm256_cmpgt_epi8(bound, inverted), _mm256_cmpeq_epi8(block, backslash)));
    }
    words[word] = stops[0] | (uint64_t)stops[1] << 32;
  }
}
#endif

void scan_mark_text_stops(const void *from, size_t word_count, uint64_t *words) {
  const uint8_t *bytes = (const uint8_t *)from;
#ifdef __SSE2__
  if (__builtin_cpu_supports("avx2")) return mark_text_stops_avx2(bytes, word_count, words);
  for (size_t word = 0; word < word_count; word++) {
    words[word] = scan_text_stops(bytes + 64 * word)
        | (uint64_t)scan_text_stops(bytes + 64 * word + 32) << 32;
  }
#else
  for (size_t word = 0; word < word_count; word++) {
    words[word] = 0;
    for (size_t bit = 0; bit < 64; bit++) {
      const uint8_t *byte = bytes + 64 * word + bit;
      words[word] |= (uint64_t)(scan_plain_text(byte, byte + 1) == byte) << bit;
    }
  }
#endif
}
