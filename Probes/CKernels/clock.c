#include "gcx_kernels.h"

// An addition of two registers takes one cycle on every core in use, and no core skips it or runs two of a chain at once
// (additions of a constant, which some cores fold away, are not used). So additions per second are cycles per second, on
// machines whose counters are hidden and whose clock sources all state the nominal rate.
#if defined(__x86_64__)
#define ADD "add %1, %0\n\t"
#elif defined(__aarch64__)
#define ADD "add %0, %0, %1\n\t"
#endif

void gcx_clock_work(void *job, uint32_t thread, uint32_t threads) {
    (void)threads;
    uint64_t rounds = ((const gcx_clock_job *)job)->additions / 16;
    uint64_t sum = thread;
    for (uint64_t round = 0; round < rounds; round++) {
#if defined(ADD)
        __asm__ volatile(ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD : "+r"(sum) : "r"(round) : "cc");
#else
        for (int add = 0; add < 16; add++) {
            sum += round;
            __asm__ volatile("" : "+r"(sum));
        }
#endif
    }
    __asm__ volatile("" : : "r"(sum));
}
