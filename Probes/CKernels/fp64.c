#include "gcx_kernels.h"

// Chains in flight: latency times pipes must be covered (4 cycles x 2 pipes on x86, 4 x 4 on Arm) and the chains plus two
// constants must fit in the registers (16 on AVX2 and SSE2, 32 on AVX-512 and NEON).
#define CHAINS_AVX512 16
#define CHAINS_AVX2 12
#define CHAINS_NEON 24
#define CHAINS_PORTABLE 12

// x = x * m + c with m just under one converges to c / (1 - m) = 1, so no chain overflows or turns denormal, whatever
// the count. The empty asm hides the start values: otherwise equal chains would be folded into one.
#define FP64_KERNEL(NAME, TARGET, LANES, CHAINS, REGISTER)                                                      \
    typedef double NAME##_vector __attribute__((vector_size((LANES) * 8)));                                     \
    TARGET __attribute__((noinline)) static void NAME(uint64_t iterations) {                                    \
        NAME##_vector x[CHAINS];                                                                                \
        NAME##_vector m = {0}, c = {0};                                                                         \
        m += 0.999999;                                                                                          \
        c += 1e-6;                                                                                              \
        __asm__ volatile("" : "+" REGISTER(m), "+" REGISTER(c));                                                \
        _Pragma("clang loop unroll(full)") for (int k = 0; k < (CHAINS); k++) {                                 \
            x[k] = c;                                                                                           \
            __asm__ volatile("" : "+" REGISTER(x[k]));                                                          \
        }                                                                                                       \
        for (uint64_t i = 0; i < iterations; i++) {                                                             \
            _Pragma("clang loop unroll(full)") for (int k = 0; k < (CHAINS); k++) {                             \
                _Pragma("clang fp contract(fast)") x[k] = x[k] * m + c;                                         \
            }                                                                                                   \
        }                                                                                                       \
        _Pragma("clang loop unroll(full)") for (int k = 0; k < (CHAINS); k++) {                                 \
            __asm__ volatile("" : : REGISTER(x[k]));                                                            \
        }                                                                                                       \
    }

#if defined(__x86_64__)
FP64_KERNEL(fp64_avx512, __attribute__((target("avx512f"))), 8, CHAINS_AVX512, "v")
FP64_KERNEL(fp64_avx2, __attribute__((target("avx2,fma"))), 4, CHAINS_AVX2, "x")
FP64_KERNEL(fp64_portable, , 2, CHAINS_PORTABLE, "x")
#elif defined(__aarch64__)
FP64_KERNEL(fp64_neon, , 2, CHAINS_NEON, "w")
#else
FP64_KERNEL(fp64_portable, , 2, CHAINS_PORTABLE, "m")
#endif

void gcx_fp64_work(void *job, uint32_t thread, uint32_t threads) {
    (void)thread;
    (void)threads;
    const gcx_fp64_job *work = job;
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
