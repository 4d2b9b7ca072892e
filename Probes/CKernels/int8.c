#include "gcx_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#include <sys/auxv.h>
#endif

// Chains in flight, as in fma.h: latency times pipes must be covered and all of it must fit in the registers.
#define CHAINS_WIDE 16
#define CHAINS_NARROW 12

// Bytes are multiplied in pairs and the products of four neighbours added to a 32-bit sum, which wraps. The empty asm hides the
// start values: otherwise equal chains would be folded into one.
#define DOT_KERNEL(NAME, TARGET, VECTOR, CHAINS, REGISTER, DOT)                                                 \
    TARGET __attribute__((noinline)) static void NAME(uint64_t iterations) {                                    \
        VECTOR sum[CHAINS];                                                                                     \
        VECTOR a, b;                                                                                            \
        /* Zeros would cost less power than numbers do, and let the clock rise. */                              \
        __builtin_memset(&a, 0x5a, sizeof a);                                                                   \
        __builtin_memset(&b, 0x35, sizeof b);                                                                   \
        __asm__ volatile("" : "+" REGISTER(a), "+" REGISTER(b));                                                \
        _Pragma("clang loop unroll(full)") for (int k = 0; k < (CHAINS); k++) {                                 \
            sum[k] = a;                                                                                         \
            __asm__ volatile("" : "+" REGISTER(sum[k]));                                                        \
        }                                                                                                       \
        for (uint64_t i = 0; i < iterations; i++) {                                                             \
            _Pragma("clang loop unroll(full)") for (int k = 0; k < (CHAINS); k++) {                             \
                sum[k] = DOT(sum[k], a, b);                                                                     \
                __asm__ volatile("" : "+" REGISTER(sum[k]));                                                    \
            }                                                                                                   \
        }                                                                                                       \
    }

#if defined(__x86_64__)

// Without VNNI: pairs of bytes to 16 bits, pairs of those to 32, and the addition. The products are made anew for every chain:
// the compiler may not know that the operands stay the same.
#define DOT_AVX2(SUM, A, B) _mm256_add_epi32(SUM, _mm256_madd_epi16(_mm256_maddubs_epi16(hidden_avx2(A), B), B))
// The baseline multiplies no bytes: they are taken as 16-bit numbers.
#define DOT_PORTABLE(SUM, A, B) _mm_add_epi32(SUM, _mm_madd_epi16(hidden_portable(A), B))

__attribute__((target("avx2"))) static inline __m256i hidden_avx2(__m256i a) {
    __asm__ volatile("" : "+x"(a));
    return a;
}

static inline __m128i hidden_portable(__m128i a) {
    __asm__ volatile("" : "+x"(a));
    return a;
}

DOT_KERNEL(int8_avx512_vnni, __attribute__((target("avx512f,avx512vnni"))), __m512i, CHAINS_WIDE, "v", _mm512_dpbusd_epi32)
DOT_KERNEL(int8_avx_vnni, __attribute__((target("avx2,avxvnni"))), __m256i, CHAINS_NARROW, "x", _mm256_dpbusd_avx_epi32)
DOT_KERNEL(int8_avx2, __attribute__((target("avx2"))), __m256i, CHAINS_NARROW, "x", DOT_AVX2)
DOT_KERNEL(int8_portable, , __m128i, CHAINS_NARROW, "x", DOT_PORTABLE)

#elif defined(__aarch64__)

#define DOT_PORTABLE(SUM, A, B) vmlal_s16(SUM, vget_low_s16(vreinterpretq_s16_s32(A)), vget_low_s16(vreinterpretq_s16_s32(B)))
#define DOT_NEON(SUM, A, B) vdotq_s32(SUM, vreinterpretq_s8_s32(A), vreinterpretq_s8_s32(B))

DOT_KERNEL(int8_neon_dot, __attribute__((target("dotprod"))), int32x4_t, CHAINS_WIDE, "w", DOT_NEON)
DOT_KERNEL(int8_portable, , int32x4_t, CHAINS_WIDE, "w", DOT_PORTABLE)

#else

typedef int32_t portable_vector __attribute__((vector_size(16)));
#define DOT_PORTABLE(SUM, A, B) ((SUM) + (A) * (B))
DOT_KERNEL(int8_portable, , portable_vector, CHAINS_NARROW, "m", DOT_PORTABLE)

#endif

enum gcx_int8_set gcx_int8_best(enum gcx_isa isa) {
    if (isa == GCX_ISA_PORTABLE) return GCX_INT8_PORTABLE;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (isa == GCX_ISA_AVX512 && __builtin_cpu_supports("avx512vnni")) return GCX_INT8_AVX512_VNNI;
    if (__builtin_cpu_supports("avxvnni")) return GCX_INT8_AVX_VNNI;
    return GCX_INT8_AVX2;
#elif defined(__aarch64__)
    return getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? GCX_INT8_NEON_DOT : GCX_INT8_PORTABLE;
#else
    return GCX_INT8_PORTABLE;
#endif
}

void gcx_int8_work(void *job, uint32_t thread, uint32_t threads) {
    (void)thread;
    (void)threads;
    const gcx_int8_job *work = job;
    switch (work->set) {
#if defined(__x86_64__)
    case GCX_INT8_AVX512_VNNI: int8_avx512_vnni(work->iterations); return;
    case GCX_INT8_AVX_VNNI: int8_avx_vnni(work->iterations); return;
    case GCX_INT8_AVX2: int8_avx2(work->iterations); return;
#elif defined(__aarch64__)
    case GCX_INT8_NEON_DOT: int8_neon_dot(work->iterations); return;
#endif
    default: int8_portable(work->iterations); return;
    }
}

// Multiplications in one instruction or group of them.
static uint64_t lanes(enum gcx_int8_set set) {
    switch (set) {
    case GCX_INT8_AVX512_VNNI: return 64;
    case GCX_INT8_AVX_VNNI:
    case GCX_INT8_AVX2: return 32;
    case GCX_INT8_NEON_DOT: return 16;
    case GCX_INT8_PORTABLE: break;
    }
#if defined(__x86_64__)
    return 8;
#else
    return 4;
#endif
}

uint64_t gcx_int8_operations_per_iteration(enum gcx_int8_set set) {
    int is_wide = set == GCX_INT8_AVX512_VNNI || set == GCX_INT8_NEON_DOT;
#if defined(__aarch64__)
    is_wide = 1;
#endif
    return 2 * lanes(set) * (is_wide ? CHAINS_WIDE : CHAINS_NARROW);
}

uint32_t gcx_int8_operations_per_cycle_max(enum gcx_int8_set set) {
    // Two pipes of every x86 so far, four of 128 bits (Neoverse V1 and V2); the groups without VNNI take two or three
    // instructions of four that a cycle may begin.
    return (uint32_t)(2 * lanes(set) * (set == GCX_INT8_NEON_DOT || set == GCX_INT8_PORTABLE ? 4 : 2));
}

const char *gcx_int8_name(enum gcx_int8_set set) {
    switch (set) {
    case GCX_INT8_AVX512_VNNI: return "avx512-vnni";
    case GCX_INT8_AVX_VNNI: return "avx-vnni";
    case GCX_INT8_AVX2: return "avx2";
    case GCX_INT8_NEON_DOT: return "neon-dotprod";
    case GCX_INT8_PORTABLE: break;
    }
    return "portable";
}
