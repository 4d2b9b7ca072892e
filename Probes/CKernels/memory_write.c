#include "memory_share.h"

// Non-temporal stores, as in the triad: 8 bytes per element move.
#define WRITE_KERNEL(NAME, TARGET, LANES)                                                                       \
    typedef double NAME##_vector __attribute__((vector_size((LANES) * 8)));                                     \
    TARGET __attribute__((noinline)) static void NAME(const gcx_memory_job *job, gcx_share share) {             \
        NAME##_vector value = {0};                                                                              \
        value += job->scale;                                                                                    \
        for (size_t i = share.begin; i < share.end; i += 4 * (LANES)) {                                         \
            _Pragma("clang loop unroll(full)") for (int k = 0; k < 4; k++) {                                    \
                __builtin_nontemporal_store(value, (NAME##_vector *)(job->a + i + (size_t)k * (LANES)));        \
            }                                                                                                   \
        }                                                                                                       \
        __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                                \
    }

#if defined(__x86_64__)
WRITE_KERNEL(write_avx512, __attribute__((target("avx512f"))), 8)
WRITE_KERNEL(write_avx2, __attribute__((target("avx2"))), 4)
#endif
// Two 128-bit vectors at a time: AArch64 has non-temporal stores only in pairs (STNP), and NEON is its baseline.
WRITE_KERNEL(write_portable, , 4)

void gcx_memory_write_work(void *job, uint32_t thread, uint32_t threads) {
    const gcx_memory_job *work = job;
    gcx_share share = gcx_share_of(work->elements, thread, threads);
    switch (work->isa) {
#if defined(__x86_64__)
    case GCX_ISA_AVX512: write_avx512(work, share); return;
    case GCX_ISA_AVX2: write_avx2(work, share); return;
#endif
    default: write_portable(work, share); return;
    }
}
