#include "gcx_kernels.h"

enum { page_bytes = 4096 };

// What a page must hold: different in every page of the machine, so that no page can stand in for another.
static uint64_t mark_of(const gcx_touch_job *job, size_t page) {
    return (job->seed ^ (uint64_t)(job->first_page + page)) * 0x9e3779b97f4a7c15u;
}

typedef struct {
    size_t begin;
    size_t end;
} pages;

static pages share_of(const gcx_touch_job *job, uint32_t thread, uint32_t threads) {
    size_t count = job->bytes / page_bytes;
    return (pages){count * thread / threads, count * (thread + 1) / threads};
}

void gcx_touch_write_work(void *argument, uint32_t thread, uint32_t threads) {
    const gcx_touch_job *job = argument;
    pages share = share_of(job, thread, threads);
    for (size_t page = share.begin; page < share.end; page++) {
        // First and last word: a page is whole or it is none.
        volatile uint64_t *words = (volatile uint64_t *)((char *)job->base + page * page_bytes);
        words[0] = mark_of(job, page);
        words[page_bytes / 8 - 1] = ~mark_of(job, page);
    }
}

void gcx_touch_check_work(void *argument, uint32_t thread, uint32_t threads) {
    gcx_touch_job *job = argument;
    pages share = share_of(job, thread, threads);
    uint64_t right = 0;
    for (size_t page = share.begin; page < share.end; page++) {
        const volatile uint64_t *words = (const volatile uint64_t *)((const char *)job->base + page * page_bytes);
        right += words[0] == mark_of(job, page) && words[page_bytes / 8 - 1] == ~mark_of(job, page);
    }
    __atomic_fetch_add(&job->right_pages, right, __ATOMIC_RELAXED);
}
