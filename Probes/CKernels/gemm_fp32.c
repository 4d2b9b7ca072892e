#define GEMM_NUMBER float
#define GEMM_STEP GCX_SGEMM_STEP
#define GEMM_PUBLIC(NAME) gcx_sgemm_##NAME

#include "gemm.h"
