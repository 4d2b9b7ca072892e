#include "gcx_kernels.h"
#include "splitmix.h"

#include <errno.h>
#include <unistd.h>

void gcx_storage_fill(void *buffer, size_t bytes, uint64_t seed) {
    uint64_t *words = buffer;
    for (size_t i = 0; i < bytes / sizeof(uint64_t); i++) words[i] = gcx_random(&seed);
}

// A short write says that something ran out and not what; the next block, which begins beyond it, does.
static int reason_of_short_write(int fd, const void *buffer, size_t block_bytes, uint64_t next) {
    return pwrite(fd, buffer, block_bytes, (off_t)next) < 0 ? errno : ENOSPC;
}

int gcx_storage_write(int fd, const void *buffer, size_t block_bytes, uint32_t blocks, uint64_t offset, uint64_t *nanoseconds) {
    uint64_t begin = gcx_now_nanoseconds();
    for (uint32_t block = 0; block < blocks; block++) {
        uint64_t place = offset + (uint64_t)block * block_bytes;
        ssize_t written = pwrite(fd, buffer, block_bytes, (off_t)place);
        if (written < 0) return errno;
        if ((size_t)written != block_bytes) return reason_of_short_write(fd, buffer, block_bytes, place + block_bytes);
    }
    if (fdatasync(fd) != 0) return errno;
    *nanoseconds = gcx_now_nanoseconds() - begin;
    return 0;
}

int gcx_storage_read(int fd, void *buffer, size_t block_bytes, const uint64_t *offsets, uint32_t count, uint64_t *nanoseconds) {
    uint64_t begin = gcx_now_nanoseconds();
    for (uint32_t i = 0; i < count; i++) {
        ssize_t got = pread(fd, buffer, block_bytes, (off_t)offsets[i]);
        if (got < 0) return errno;
        if ((size_t)got != block_bytes) return EIO;  // the file is shorter than what was written to it
    }
    *nanoseconds = gcx_now_nanoseconds() - begin;
    return 0;
}

int gcx_storage_overwrite(int fd, const void *buffer, size_t block_bytes, const uint64_t *offsets, uint32_t count, uint64_t *nanoseconds) {
    uint64_t begin = gcx_now_nanoseconds();
    for (uint32_t i = 0; i < count; i++) {
        ssize_t written = pwrite(fd, buffer, block_bytes, (off_t)offsets[i]);
        if (written < 0) return errno;
        if ((size_t)written != block_bytes) return reason_of_short_write(fd, buffer, block_bytes, offsets[i]);
    }
    *nanoseconds = gcx_now_nanoseconds() - begin;
    return 0;
}
