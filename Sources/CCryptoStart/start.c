// OpenSSL's start in every program here: before main, and with nothing freed at the end.
//
// OpenSSL frees what it has when the process ends, while threads of libpq, librdkafka or libcurl may
// still be inside it, which would then crash. Whether it does so is settled by the first call alone,
// whichever library makes it: so the first call is this one.
// Source: OPENSSL_init_crypto(3), "MUST be called by application code prior to any other".
#include <openssl/crypto.h>

__attribute__((constructor)) static void keep_until_exit(void) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
