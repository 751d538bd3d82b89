// Zstandard as Debian's libzstd-dev installs it (found through pkg-config).
#include <zstd.h>
