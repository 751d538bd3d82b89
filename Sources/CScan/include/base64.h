// Base64 with padding (RFC 4648, section 4), for records that travel in JSON.
#ifndef FIRSTCLICK_BASE64_H
#define FIRSTCLICK_BASE64_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// Bytes that the text of so many bytes takes.
static inline size_t base64_text_size(size_t byte_count) { return (byte_count + 2) / 3 * 4; }

/// Writes the text of the bytes, `base64_text_size` of them; `to` is elsewhere.
void base64_encode(const void *from, size_t byte_count, void *to);

/// Decodes the text, which may stand where the bytes go to.
///
/// Returns how many bytes were written, at most three quarters of the text; -1 if it is no base64.
ptrdiff_t base64_decode(const void *from, size_t text_size, void *to);

#pragma clang assume_nonnull end

#endif
