#include "base64.h"

#include <stdint.h>

static const char digits[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The six bits of a character; X for one that is none of the alphabet.
#define X 0x80
static const uint8_t values[256] = {
  X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
  X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
  X, X, X, X, X, X, X, X, X, X, X, 62, X, X, X, 63,
  52, 53, 54, 55, 56, 57, 58, 59, 60, 61, X, X, X, X, X, X,
  X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, X, X, X, X, X,
  X, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
  41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, X, X, X, X, X,
  [128 ... 255] = X,
};
#undef X

void base64_encode(const void *from, size_t byte_count, void *to) {
  const uint8_t *p = from;
  uint8_t *text = to;
  size_t whole = byte_count / 3;
  for (size_t i = 0; i < whole; i++, p += 3, text += 4) {
    uint32_t bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    text[0] = (uint8_t)digits[bits >> 18];
    text[1] = (uint8_t)digits[bits >> 12 & 63];
    text[2] = (uint8_t)digits[bits >> 6 & 63];
    text[3] = (uint8_t)digits[bits & 63];
  }
  size_t rest = byte_count - 3 * whole;
  if (rest == 0) return;
  uint32_t bits = (uint32_t)p[0] << 16 | (rest == 2 ? (uint32_t)p[1] << 8 : 0);
  text[0] = (uint8_t)digits[bits >> 18];
  text[1] = (uint8_t)digits[bits >> 12 & 63];
  text[2] = rest == 2 ? (uint8_t)digits[bits >> 6 & 63] : '=';
  text[3] = '=';
}

ptrdiff_t base64_decode(const void *from, size_t text_size, void *to) {
  const uint8_t *text = from;
  uint8_t *p = to;
  if (text_size == 0) return 0;
  if (text_size % 4 != 0) return -1;
  size_t padding = text[text_size - 1] != '=' ? 0 : text[text_size - 2] != '=' ? 1 : 2;
  size_t whole = text_size / 4 - (padding != 0);
  // A character that is none has the top bit, which no sum of others has.
  uint32_t seen = 0;
  for (size_t i = 0; i < whole; i++, text += 4, p += 3) {
    uint32_t a = values[text[0]], b = values[text[1]], c = values[text[2]], d = values[text[3]];
    seen |= a | b | c | d;
    uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    p[0] = (uint8_t)(bits >> 16);
    p[1] = (uint8_t)(bits >> 8);
    p[2] = (uint8_t)bits;
  }
  if (padding != 0) {
    uint32_t a = values[text[0]], b = values[text[1]];
    uint32_t c = padding == 1 ? values[text[2]] : 0;
    seen |= a | b | c;
    // The bits that the bytes do not fill are to be 0: every text stands for other bytes.
    if ((padding == 1 ? c & 3 : b & 15) != 0) return -1;
    *p++ = (uint8_t)(a << 2 | b >> 4);
    if (padding == 1) *p++ = (uint8_t)(b << 4 | c >> 2);
  }
  return seen & 0x80 ? -1 : p - (uint8_t *)to;
}
