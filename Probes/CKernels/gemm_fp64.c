#define GEMM_NUMBER double
#define GEMM_STEP GCX_GEMM_STEP
#define GEMM_PUBLIC(NAME) gcx_gemm_##NAME

#include "gemm.h"
