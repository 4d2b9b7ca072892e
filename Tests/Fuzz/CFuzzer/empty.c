#include "gcx_fuzzer.h"
