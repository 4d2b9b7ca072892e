// The loop of the FMA peaks, for any type of number.
#ifndef GCX_FMA_H
#define GCX_FMA_H

#include "gcx_kernels.h"

// Chains in flight: latency times pipes must be covered (4 cycles x 2 pipes on x86, 4 x 4 on Arm) and the chains plus two
// constants must fit in the registers (16 on AVX2 and SSE2, 32 on AVX-512 and NEON).
#define CHAINS_AVX512 16
#define CHAINS_AVX2 12
#define CHAINS_NEON 24
#define CHAINS_PORTABLE 12

// x = x * m + c with m just under one converges to c / (1 - m) = 1, so no chain overflows or turns denormal, whatever
// the count. The empty asm hides the start values: otherwise equal chains would be folded into one.
#define FMA_KERNEL(NAME, TYPE, TARGET, LANES, CHAINS, REGISTER)                                                 \
    typedef TYPE NAME##_vector __attribute__((vector_size((LANES) * sizeof(TYPE))));                            \
    TARGET __attribute__((noinline)) static void NAME(uint64_t iterations) {                                    \
        NAME##_vector x[CHAINS];                                                                                \
        NAME##_vector m = {0}, c = {0};                                                                         \
        m += (TYPE)0.999999;                                                                                    \
        c += (TYPE)1e-6;                                                                                        \
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

#endif
