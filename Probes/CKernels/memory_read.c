#include "memory_share.h"

// Four sums, so that loads and not the latency of one addition set the pace. The empty asm keeps them from being dropped.
#define READ_KERNEL(NAME, TARGET, LANES, REGISTER)                                                              \
    typedef double NAME##_vector __attribute__((vector_size((LANES) * 8)));                                     \
    TARGET __attribute__((noinline)) static void NAME(const gcx_memory_job *job, gcx_share share) {             \
        NAME##_vector sum[4] = {{0}};                                                                           \
        for (size_t i = share.begin; i < share.end; i += 4 * (LANES)) {                                         \
            _Pragma("clang loop unroll(full)") for (int k = 0; k < 4; k++) {                                    \
                sum[k] += *(const NAME##_vector *)(job->b + i + (size_t)k * (LANES));                           \
            }                                                                                                   \
        }                                                                                                       \
        __asm__ volatile("" : : REGISTER(sum[0]), REGISTER(sum[1]), REGISTER(sum[2]), REGISTER(sum[3]));        \
    }

#if defined(__x86_64__)
READ_KERNEL(read_avx512, __attribute__((target("avx512f"))), 8, "v")
READ_KERNEL(read_avx2, __attribute__((target("avx2,fma"))), 4, "x")
READ_KERNEL(read_portable, , 2, "x")
#elif defined(__aarch64__)
READ_KERNEL(read_portable, , 2, "w")
#else
READ_KERNEL(read_portable, , 2, "m")
#endif

void gcx_memory_read_work(void *job, uint32_t thread, uint32_t threads) {
    const gcx_memory_job *work = job;
    gcx_share share = gcx_share_of(work->elements, thread, threads);
    switch (work->isa) {
#if defined(__x86_64__)
    case GCX_ISA_AVX512: read_avx512(work, share); return;
    case GCX_ISA_AVX2: read_avx2(work, share); return;
#endif
    default: read_portable(work, share); return;
    }
}
