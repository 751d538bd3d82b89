// Nothing to call: being linked is enough (see start.c).
