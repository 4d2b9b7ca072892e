#include "gcx_kernels.h"

// Each thread waits for the other's number and answers with the next one, so the line changes its core every time. A neighbour's
// time slice on either core would make the other one spin for all of it: short runs, and the team looks at processor time.
void gcx_handover_work(void *argument, uint32_t thread, uint32_t threads) {
    gcx_handover_job *job = argument;
    if (threads != 2) return;
    for (uint64_t round = 0; round < job->rounds; round++) {
        uint64_t expected = 2 * round + thread;
        while (__atomic_load_n(&job->turn, __ATOMIC_ACQUIRE) != expected) {
        }
        __atomic_store_n(&job->turn, expected + 1, __ATOMIC_RELEASE);
    }
}
