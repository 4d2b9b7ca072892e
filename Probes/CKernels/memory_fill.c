#include "memory_share.h"

void gcx_memory_fill_work(void *job, uint32_t thread, uint32_t threads) {
    const gcx_memory_job *work = job;
    gcx_share share = gcx_share_of(work->elements, thread, threads);
    // One array after the other: interleaved, the three would fight for the same huge page faults.
    for (size_t i = share.begin; i < share.end; i++) work->a[i] = 0;
    for (size_t i = share.begin; i < share.end; i++) work->b[i] = 1;
    for (size_t i = share.begin; i < share.end; i++) work->c[i] = 2;
}
