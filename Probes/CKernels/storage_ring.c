#include "gcx_kernels.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// io_uring by its system calls (io_uring(7)): one ring, no registered anything, one thread.
struct gcx_ring {
    int fd;
    uint32_t depth;
    void *queues;
    size_t queues_bytes;
    struct io_uring_sqe *entries;
    size_t entries_bytes;
    uint32_t *submission_tail, *submission_mask, *submission_array;
    uint32_t *completion_head, *completion_tail, *completion_mask;
    struct io_uring_cqe *completions;
};

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

static int map_queues(gcx_ring *ring, const struct io_uring_params *parameters) {
    // Kernels before 5.4 map the two queues apart; they have no place in this figure.
    if ((parameters->features & IORING_FEAT_SINGLE_MMAP) == 0) return ENOSYS;
    ring->queues_bytes = larger(parameters->sq_off.array + parameters->sq_entries * sizeof(uint32_t),
                                parameters->cq_off.cqes + parameters->cq_entries * sizeof(struct io_uring_cqe));
    ring->queues = mmap(NULL, ring->queues_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
                        IORING_OFF_SQ_RING);
    if (ring->queues == MAP_FAILED) return errno;
    ring->entries_bytes = parameters->sq_entries * sizeof(struct io_uring_sqe);
    ring->entries =
        mmap(NULL, ring->entries_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
    if (ring->entries == MAP_FAILED) return errno;
    char *base = ring->queues;
    ring->submission_tail = (uint32_t *)(base + parameters->sq_off.tail);
    ring->submission_mask = (uint32_t *)(base + parameters->sq_off.ring_mask);
    ring->submission_array = (uint32_t *)(base + parameters->sq_off.array);
    ring->completion_head = (uint32_t *)(base + parameters->cq_off.head);
    ring->completion_tail = (uint32_t *)(base + parameters->cq_off.tail);
    ring->completion_mask = (uint32_t *)(base + parameters->cq_off.ring_mask);
    ring->completions = (struct io_uring_cqe *)(base + parameters->cq_off.cqes);
    return 0;
}

gcx_ring *gcx_ring_open(uint32_t depth) {
    struct io_uring_params parameters = {0};
    gcx_ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL) return NULL;
    ring->queues = MAP_FAILED;
    ring->entries = MAP_FAILED;
    ring->depth = depth;
    ring->fd = (int)syscall(__NR_io_uring_setup, depth, &parameters);
    int failure = ring->fd < 0 ? errno : map_queues(ring, &parameters);
    if (failure == 0) return ring;
    gcx_ring_close(ring);
    errno = failure;
    return NULL;
}

void gcx_ring_close(gcx_ring *ring) {
    if (ring->entries != MAP_FAILED) munmap(ring->entries, ring->entries_bytes);
    if (ring->queues != MAP_FAILED) munmap(ring->queues, ring->queues_bytes);
    if (ring->fd >= 0) close(ring->fd);
    free(ring);
}

// One block, in the slot of the buffer that its operation owns until it has completed.
static void submit(gcx_ring *ring, const gcx_ring_job *job, uint32_t number, uint32_t slot) {
    uint32_t tail = *ring->submission_tail;
    uint32_t index = tail & *ring->submission_mask;
    struct io_uring_sqe *entry = &ring->entries[index];
    memset(entry, 0, sizeof *entry);
    entry->opcode = job->writes ? IORING_OP_WRITE : IORING_OP_READ;
    entry->fd = job->fd;
    entry->addr = (uint64_t)(uintptr_t)((char *)job->buffer + (size_t)slot * job->block_bytes);
    entry->len = (uint32_t)job->block_bytes;
    entry->off = job->offsets[number];
    entry->user_data = slot;
    ring->submission_array[index] = index;
    __atomic_store_n(ring->submission_tail, tail + 1, __ATOMIC_RELEASE);
}

// Tells the kernel of the block just submitted; 0 or an errno.
static int send(const gcx_ring *ring) {
    long sent;
    do {
        sent = syscall(__NR_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

static int begin_next(gcx_ring *ring, const gcx_ring_job *job, uint32_t *submitted, uint32_t slot) {
    submit(ring, job, *submitted, slot);
    int failure = send(ring);
    if (failure == 0) ++*submitted;
    return failure;
}

// Takes what has completed and begins as many others; 0 or an errno.
static int turn(gcx_ring *ring, const gcx_ring_job *job, uint32_t *submitted, uint32_t *completed, int failure) {
    uint32_t head = *ring->completion_head;
    uint32_t tail = __atomic_load_n(ring->completion_tail, __ATOMIC_ACQUIRE);
    for (; head != tail; ++*completed) {
        const struct io_uring_cqe *done = &ring->completions[head & *ring->completion_mask];
        uint32_t slot = (uint32_t)done->user_data;
        if (done->res != (int)job->block_bytes && failure == 0) failure = done->res < 0 ? -done->res : EIO;
        __atomic_store_n(ring->completion_head, ++head, __ATOMIC_RELEASE);
        // One at a time and at once, as programs do: sent together they came up to a quarter slower, for the disk had less to
        // do while they were gathered and the processor fell asleep in between.
        if (failure == 0 && *submitted < job->count) failure = begin_next(ring, job, submitted, slot);
    }
    return failure;
}

int gcx_ring_run(gcx_ring *ring, const gcx_ring_job *job, uint64_t *nanoseconds) {
    uint32_t submitted = 0, completed = 0;
    int failure = 0;
    uint64_t begin = gcx_now_nanoseconds();
    while (failure == 0 && submitted < job->count && submitted < ring->depth) {
        failure = begin_next(ring, job, &submitted, submitted);
    }
    // After a failure nothing new is begun, but what is under way still owns its buffer and is waited for.
    while (completed < submitted) {
        uint32_t before = completed;
        failure = turn(ring, job, &submitted, &completed, failure);
        if (completed != before) continue;
        long got = syscall(__NR_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
        if (got < 0 && errno != EINTR) return errno;
    }
    *nanoseconds = gcx_now_nanoseconds() - begin;
    return failure;
}
