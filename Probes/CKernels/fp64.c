#include "fma.h"

#if defined(__x86_64__)
FMA_KERNEL(fp64_avx512, double, __attribute__((target("avx512f"))), 8, CHAINS_AVX512, "v")
FMA_KERNEL(fp64_avx2, double, __attribute__((target("avx2,fma"))), 4, CHAINS_AVX2, "x")
FMA_KERNEL(fp64_portable, double, , 2, CHAINS_PORTABLE, "x")
#elif defined(__aarch64__)
FMA_KERNEL(fp64_neon, double, , 2, CHAINS_NEON, "w")
#else
FMA_KERNEL(fp64_portable, double, , 2, CHAINS_PORTABLE, "m")
#endif

void gcx_fp64_work(void *job, uint32_t thread, uint32_t threads) {
    (void)thread;
    (void)threads;
    const gcx_fma_job *work = job;
    switch (work->isa) {
#if defined(__x86_64__)
    case GCX_ISA_AVX512: fp64_avx512(work->iterations); return;
    case GCX_ISA_AVX2: fp64_avx2(work->iterations); return;
#elif defined(__aarch64__)
    default: fp64_neon(work->iterations); return;
#endif
#if !defined(__aarch64__)
    default: fp64_portable(work->iterations); return;
#endif
    }
}

uint64_t gcx_fp64_flops_per_iteration(enum gcx_isa isa) {
    switch (isa) {
    case GCX_ISA_AVX512: return 2 * 8 * CHAINS_AVX512;
    case GCX_ISA_AVX2: return 2 * 4 * CHAINS_AVX2;
    case GCX_ISA_NEON: return 2 * 2 * CHAINS_NEON;
    case GCX_ISA_PORTABLE: break;
    }
    return 2 * 2 * CHAINS_PORTABLE;
}
