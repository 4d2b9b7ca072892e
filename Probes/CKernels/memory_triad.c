#include "memory_share.h"

// Non-temporal stores write whole lines past the caches, so the memory moves just the 24 bytes per element that the
// program names and no line is read only to be overwritten. The fence makes the last lines leave before the clock stops.
#define TRIAD_KERNEL(NAME, TARGET, LANES)                                                                       \
    typedef double NAME##_vector __attribute__((vector_size((LANES) * 8)));                                     \
    TARGET __attribute__((noinline)) static void NAME(const gcx_memory_job *job, gcx_share share) {             \
        NAME##_vector scale = {0};                                                                              \
        scale += job->scale;                                                                                    \
        for (size_t i = share.begin; i < share.end; i += (LANES)) {                                             \
            NAME##_vector b = *(const NAME##_vector *)(job->b + i);                                             \
            NAME##_vector c = *(const NAME##_vector *)(job->c + i);                                             \
            __builtin_nontemporal_store(b + scale * c, (NAME##_vector *)(job->a + i));                          \
        }                                                                                                       \
        __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                                \
    }

#if defined(__x86_64__)
TRIAD_KERNEL(triad_avx512, __attribute__((target("avx512f"))), 8)
TRIAD_KERNEL(triad_avx2, __attribute__((target("avx2,fma"))), 4)
#endif
// Two 128-bit vectors at a time: AArch64 has non-temporal stores only in pairs (STNP), and NEON is its baseline.
TRIAD_KERNEL(triad_portable, , 4)

void gcx_memory_triad_work(void *job, uint32_t thread, uint32_t threads) {
    const gcx_memory_job *work = job;
    gcx_share share = gcx_share_of(work->elements, thread, threads);
    switch (work->isa) {
#if defined(__x86_64__)
    case GCX_ISA_AVX512: triad_avx512(work, share); return;
    case GCX_ISA_AVX2: triad_avx2(work, share); return;
#endif
    default: triad_portable(work, share); return;
    }
}
