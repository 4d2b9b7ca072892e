// Counts the instructions of a kernel by stepping through it in a child process: exact where no hardware counter is to be had.
#ifndef GCX_STEP_H
#define GCX_STEP_H

#include <stdint.h>

typedef void (*gcx_step_work)(void *job, uint32_t thread, uint32_t threads);

// Instructions of one call of `work` by a team of one, or the negative of an errno. The caller's `job` is left as it was.
// About 5 microseconds an instruction. Needs ptrace of one's own child.
int64_t gcx_step_count(gcx_step_work work, void *job);

#endif
