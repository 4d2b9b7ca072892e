#include "gcx_kernels.h"

// Loads and nothing else: an addition per load would set the pace of the first level. Eight at a time, which is as many as two
// ports take in four cycles, so that counting and jumping stay beside them. As asm, for a load whose value nobody wants is
// none to a compiler.
#if defined(__x86_64__)

#define LOAD_8(MOVE, REGISTER, W)                                                                               \
    MOVE " (%0), %%" REGISTER "0\n\t" MOVE " " #W "(%0), %%" REGISTER "1\n\t"                                   \
    MOVE " 2*" #W "(%0), %%" REGISTER "2\n\t" MOVE " 3*" #W "(%0), %%" REGISTER "3\n\t"                         \
    MOVE " 4*" #W "(%0), %%" REGISTER "4\n\t" MOVE " 5*" #W "(%0), %%" REGISTER "5\n\t"                         \
    MOVE " 6*" #W "(%0), %%" REGISTER "6\n\t" MOVE " 7*" #W "(%0), %%" REGISTER "7\n\t"

#define READ_KERNEL(NAME, TARGET, MOVE, REGISTER, W)                                                            \
    TARGET __attribute__((noinline)) static void NAME(const char *begin, const char *end) {                     \
        for (const char *p = begin; p < end; p += 8 * (W)) {                                                    \
            __asm__ volatile(LOAD_8(MOVE, REGISTER, W)                                                          \
                             :                                                                                  \
                             : "r"(p)                                                                           \
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "memory");       \
        }                                                                                                       \
    }

READ_KERNEL(read_avx512, __attribute__((target("avx512f"))), "vmovups", "zmm", 64)
READ_KERNEL(read_avx2, __attribute__((target("avx2"))), "vmovups", "ymm", 32)
READ_KERNEL(read_portable, , "movups", "xmm", 16)

#elif defined(__aarch64__)

__attribute__((noinline)) static void read_portable(const char *begin, const char *end) {
    for (const char *p = begin; p < end; p += 128) {
        __asm__ volatile("ldp q0, q1, [%0]\n\tldp q2, q3, [%0, 32]\n\tldp q4, q5, [%0, 64]\n\tldp q6, q7, [%0, 96]\n\t"
                         :
                         : "r"(p)
                         : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "memory");
    }
}

#else

__attribute__((noinline)) static void read_portable(const char *begin, const char *end) {
    for (const char *p = begin; p < end; p += 64) {
        const volatile uint64_t *words = (const volatile uint64_t *)p;
        for (int word = 0; word < 8; word++) (void)words[word];
    }
}

#endif

void gcx_cache_read_work(void *argument, uint32_t thread, uint32_t threads) {
    (void)thread;
    (void)threads;
    const gcx_cache_job *job = argument;
    const char *begin = job->base, *end = begin + job->bytes;
    for (uint64_t pass = 0; pass < job->passes; pass++) {
        switch (job->isa) {
#if defined(__x86_64__)
        case GCX_ISA_AVX512: read_avx512(begin, end); break;
        case GCX_ISA_AVX2: read_avx2(begin, end); break;
#endif
        default: read_portable(begin, end); break;
        }
    }
}

uint32_t gcx_cache_bytes_per_cycle_max(enum gcx_isa isa) {
    switch (isa) {
    case GCX_ISA_AVX512: return 128;  // two loads of 64 bytes
    case GCX_ISA_AVX2: return 128;    // three of 32, rounded up
    case GCX_ISA_NEON: return 64;     // three of 16, rounded up
    case GCX_ISA_PORTABLE: break;
    }
    return 64;
}
