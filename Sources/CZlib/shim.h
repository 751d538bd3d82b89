// zlib as Debian's zlib1g-dev installs it (found through pkg-config).
#include <zlib.h>
