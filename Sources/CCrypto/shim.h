// OpenSSL's message digests and codes as Debian's libssl-dev installs them (found through
// pkg-config).
#include <openssl/evp.h>
#include <openssl/hmac.h>
