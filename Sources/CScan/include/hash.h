// Hashing of short texts that inlines into Swift.
#ifndef FIRSTCLICK_HASH_H
#define FIRSTCLICK_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma clang assume_nonnull begin

/// One 64 x 64 -> 128-bit multiplication, folded (the scheme of wyhash).
static inline uint64_t hash_mix(uint64_t left, uint64_t right) {
  unsigned __int128 product = (unsigned __int128)left * right;
  return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

/// Spreads what differs in any bits over all of them; no two numbers become the same.
///
/// One `hash_mix` of keys that count up gives multiples of a number, which for some seeds are near
/// few places only.
static inline uint64_t hash_spread(uint64_t mixed) {
  mixed = (mixed ^ mixed >> 32) * 0x9E3779B97F4A7C15;
  return mixed ^ mixed >> 32;
}

static inline uint64_t hash_word(const char *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

/// Folds a text into `state`, 16 bytes a step, the last step over the bytes before it. What comes out
/// is to be spread when nothing more is folded.
///
/// Up to 8 bytes behind a text of less than 8 are read, and do not count.
static inline uint64_t hash_fold_part(
    const void *text, size_t byte_count, uint64_t key, uint64_t state) {
  const char *p = (const char *)text;
  if (byte_count > 16) {
    const char *last = p + byte_count - 16;
    do {
      state = hash_mix(hash_word(p) ^ key, hash_word(p + 8) ^ state);
      p += 16;
    } while (p < last);
    return hash_mix(hash_word(last) ^ key, hash_word(last + 8) ^ state);
  }
  if (byte_count >= 8) {
    return hash_mix(hash_word(p) ^ key, hash_word(p + byte_count - 8) ^ state);
  }
  uint64_t mask = ((uint64_t)1 << (8 * byte_count)) - 1;
  return hash_mix((hash_word(p) & mask) ^ key, state);
}

/// As above, for a text behind which nothing is folded.
static inline uint64_t hash_fold(
    const void *text, size_t byte_count, uint64_t key, uint64_t state) {
  return hash_spread(hash_fold_part(text, byte_count, key, state));
}

#pragma clang assume_nonnull end
#endif
