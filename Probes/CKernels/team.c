#include "gcx_kernels.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

// Spins before the processor is given away: about 20 microseconds, longer than a wake-up on an idle machine and far
// shorter than a time slice, so a contended machine does not burn one waiting.
enum { spins_before_yield = 10000 };

typedef struct {
    gcx_team *team;
    pthread_t thread;
    uint32_t index;
    gcx_span span;
} __attribute__((aligned(128))) member;  // two cache lines: the adjacent-line prefetcher pairs them

struct gcx_team {
    pthread_mutex_t lock;
    pthread_cond_t released;
    pthread_cond_t finished;
    uint64_t round;
    uint32_t running;
    int closing;
    gcx_work work;
    void *job;
    _Atomic uint32_t arrived;
    uint32_t count;
    member *members;
};

static uint64_t thread_cpu_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Waking takes each thread a different time, so all of them meet here, awake, before any of them begins.
static void meet(gcx_team *team) {
    atomic_fetch_add(&team->arrived, 1);
    for (uint32_t spin = 0; atomic_load(&team->arrived) < team->count; spin++) {
        if (spin > spins_before_yield) sched_yield();
    }
}

static void run_once(member *self, gcx_work work, void *job) {
    meet(self->team);
    uint64_t cpu = thread_cpu_nanoseconds();
    uint64_t begin = gcx_now_nanoseconds();
    work(job, self->index, self->team->count);
    uint64_t end = gcx_now_nanoseconds();
    self->span = (gcx_span){begin, end, thread_cpu_nanoseconds() - cpu};
}

static void *member_main(void *argument) {
    member *self = argument;
    gcx_team *team = self->team;
    uint64_t seen = 0;
    pthread_mutex_lock(&team->lock);
    for (;;) {
        while (team->round == seen && !team->closing) pthread_cond_wait(&team->released, &team->lock);
        if (team->closing) break;
        seen = team->round;
        pthread_mutex_unlock(&team->lock);
        run_once(self, team->work, team->job);
        pthread_mutex_lock(&team->lock);
        if (--team->running == 0) pthread_cond_signal(&team->finished);
    }
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

// Pinned by attribute, not by the thread itself, so that its very first instruction runs on its processor.
static int start_member(member *self, uint32_t cpu) {
    cpu_set_t *set = CPU_ALLOC(cpu + 1);
    if (set == NULL) return ENOMEM;
    size_t bytes = CPU_ALLOC_SIZE(cpu + 1);
    CPU_ZERO_S(bytes, set);
    CPU_SET_S(cpu, bytes, set);
    pthread_attr_t attributes;
    int failure = pthread_attr_init(&attributes);
    if (failure == 0) {
        failure = pthread_attr_setaffinity_np(&attributes, bytes, set);
        if (failure == 0) failure = pthread_create(&self->thread, &attributes, member_main, self);
        pthread_attr_destroy(&attributes);
    }
    CPU_FREE(set);
    return failure;
}

gcx_team *gcx_team_open(const uint32_t *cpus, uint32_t count) {
    gcx_team *team = calloc(1, sizeof *team);
    member *members = aligned_alloc(_Alignof(member), count * sizeof(member));
    if (team == NULL || members == NULL) {
        free(team);
        free(members);
        errno = ENOMEM;
        return NULL;
    }
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->released, NULL);
    pthread_cond_init(&team->finished, NULL);
    team->members = members;
    for (team->count = 0; team->count < count; team->count++) {
        members[team->count] = (member){.team = team, .index = team->count};
        int failure = start_member(&members[team->count], cpus[team->count]);
        if (failure != 0) {
            gcx_team_close(team);
            errno = failure;
            return NULL;
        }
    }
    return team;
}

void gcx_team_run(gcx_team *team, gcx_work work, void *job) {
    pthread_mutex_lock(&team->lock);
    team->work = work;
    team->job = job;
    team->running = team->count;
    atomic_store(&team->arrived, 0);
    team->round++;
    pthread_cond_broadcast(&team->released);
    while (team->running > 0) pthread_cond_wait(&team->finished, &team->lock);
    pthread_mutex_unlock(&team->lock);
}

gcx_span gcx_team_span(const gcx_team *team, uint32_t thread) { return team->members[thread].span; }

void gcx_team_close(gcx_team *team) {
    pthread_mutex_lock(&team->lock);
    team->closing = 1;
    pthread_cond_broadcast(&team->released);
    pthread_mutex_unlock(&team->lock);
    for (uint32_t index = 0; index < team->count; index++) pthread_join(team->members[index].thread, NULL);
    pthread_cond_destroy(&team->finished);
    pthread_cond_destroy(&team->released);
    pthread_mutex_destroy(&team->lock);
    free(team->members);
    free(team);
}
