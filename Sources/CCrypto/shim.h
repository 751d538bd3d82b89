// OpenSSL's message digests as Debian's libssl-dev installs them (found through pkg-config).
#include <openssl/evp.h>
