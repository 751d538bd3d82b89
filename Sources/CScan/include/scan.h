// SSE2 scanning helpers that inline into Swift.
#ifndef FIRSTCLICK_SCAN_H
#define FIRSTCLICK_SCAN_H
#include <stdint.h>
#endif
