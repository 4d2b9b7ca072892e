#include "fma.h"

#if defined(__x86_64__)
FMA_KERNEL(fp32_avx512, float, __attribute__((target("avx512f"))), 16, CHAINS_AVX512, "v")
FMA_KERNEL(fp32_avx2, float, __attribute__((target("avx2,fma"))), 8, CHAINS_AVX2, "x")
FMA_KERNEL(fp32_portable, float, , 4, CHAINS_PORTABLE, "x")
#elif defined(__aarch64__)
FMA_KERNEL(fp32_neon, float, , 4, CHAINS_NEON, "w")
#else
FMA_KERNEL(fp32_portable, float, , 4, CHAINS_PORTABLE, "m")
#endif

void gcx_fp32_work(void *job, uint32_t thread, uint32_t threads) {
    (void)thread;
    (void)threads;
    const gcx_fma_job *work = job;
    switch (work->isa) {
#if defined(__x86_64__)
    case GCX_ISA_AVX512: fp32_avx512(work->iterations); return;
    case GCX_ISA_AVX2: fp32_avx2(work->iterations); return;
#elif defined(__aarch64__)
    default: fp32_neon(work->iterations); return;
#endif
#if !defined(__aarch64__)
    default: fp32_portable(work->iterations); return;
#endif
    }
}

uint64_t gcx_fp32_flops_per_iteration(enum gcx_isa isa) {
    switch (isa) {
    case GCX_ISA_AVX512: return 2 * 16 * CHAINS_AVX512;
    case GCX_ISA_AVX2: return 2 * 8 * CHAINS_AVX2;
    case GCX_ISA_NEON: return 2 * 4 * CHAINS_NEON;
    case GCX_ISA_PORTABLE: break;
    }
    return 2 * 4 * CHAINS_PORTABLE;
}
