// librdkafka as Debian's librdkafka-dev installs it (found through pkg-config).
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
