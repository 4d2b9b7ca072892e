#include "gcx_kernels.h"
#include "splitmix.h"

enum { line_bytes = 64 };

#define STEP p = (void **)*p;
#define STEPS_4 STEP STEP STEP STEP
#define STEPS_16 STEPS_4 STEPS_4 STEPS_4 STEPS_4

void gcx_latency_work(void *argument, uint32_t thread, uint32_t threads) {
    (void)thread;
    (void)threads;
    gcx_latency_job *job = argument;
    void **p = job->start;
    for (uint64_t step = 0; step < job->steps; step += 16) { STEPS_16 }
    job->end = p;
    // The next run goes on where this one ended, so that a short run does not see the same few lines again.
    job->start = p;
}

void gcx_latency_link(void *base, size_t bytes, uint32_t *order, uint64_t seed) {
    size_t lines = bytes / line_bytes;
    char *memory = base;
    for (size_t i = 0; i < lines; i++) order[i] = (uint32_t)i;
    // Sattolo: an element never stays, and what comes out is one cycle.
    for (size_t i = lines; i > 1; i--) {
        size_t other = (size_t)(((unsigned __int128)gcx_random(&seed) * (i - 1)) >> 64);
        uint32_t held = order[i - 1];
        order[i - 1] = order[other];
        order[other] = held;
    }
    for (size_t i = 0; i < lines; i++) *(void **)(memory + i * line_bytes) = memory + (size_t)order[i] * line_bytes;
}
