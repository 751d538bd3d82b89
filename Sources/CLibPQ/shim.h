// libpq as Debian's libpq-dev installs it (found through pkg-config).
#include <libpq-fe.h>
