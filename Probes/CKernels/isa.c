#include "gcx_kernels.h"

#include <time.h>

enum gcx_isa gcx_isa_best(void) {
#if defined(__x86_64__)
    // The compiler's run-time library also asks XGETBV whether the kernel saves the wide registers.
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return GCX_ISA_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return GCX_ISA_AVX2;
#elif defined(__aarch64__)
    return GCX_ISA_NEON;
#endif
    return GCX_ISA_PORTABLE;
}

const char *gcx_isa_name(enum gcx_isa isa) {
    switch (isa) {
    case GCX_ISA_AVX2: return "avx2";
    case GCX_ISA_AVX512: return "avx512";
    case GCX_ISA_NEON: return "neon";
    case GCX_ISA_PORTABLE: break;
    }
    return "portable";
}

uint32_t gcx_isa_fp64_flops_per_cycle_max(enum gcx_isa isa) {
    switch (isa) {
    case GCX_ISA_AVX512: return 32;  // two 512-bit FMA pipes: Intel server parts, Zen 5
    case GCX_ISA_AVX2: return 16;    // two 256-bit FMA pipes
    case GCX_ISA_NEON: return 16;    // four 128-bit FMA pipes: Neoverse V1 and V2
    case GCX_ISA_PORTABLE: break;
    }
    return 16;  // the baseline's 128-bit vectors: four pipes at most, whether they fuse or not
}

const char *gcx_kernels_compiler(void) { return __VERSION__; }

uint64_t gcx_now_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void gcx_pause(uint32_t nanoseconds) {
    struct timespec span = {.tv_nsec = nanoseconds};
    nanosleep(&span, NULL);
}
