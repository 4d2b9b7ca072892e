#include "gcx_step.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

// Steps from the child's stop to its end, with `calls` of the work in between.
static int64_t steps(gcx_step_work work, void *job, int calls) {
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(errno);
        raise(SIGSTOP);
        for (int call = 0; call < calls; call++) work(job, 0, 1);
        _exit(0);
    }
    int status = 0;
    int64_t count = 0;
    if (waitpid(child, &status, 0) != child) return -errno;
    if (WIFEXITED(status)) return -WEXITSTATUS(status);
    while (WIFSTOPPED(status)) {
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0 || waitpid(child, &status, 0) != child) {
            int failure = errno;
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return -failure;
        }
        count++;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? count : -ECHILD;
}

// The difference of one call and two: what is around the calls, and what only the first one does, cancels out.
int64_t gcx_step_count(gcx_step_work work, void *job) {
    int64_t one = steps(work, job, 1);
    if (one < 0) return one;
    int64_t two = steps(work, job, 2);
    return two < 0 ? two : two - one;
}
