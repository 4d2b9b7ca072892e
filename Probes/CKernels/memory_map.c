#include "gcx_kernels.h"

#include <sys/mman.h>

void *gcx_memory_map(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    madvise(memory, bytes, MADV_HUGEPAGE);  // a kernel without huge pages refuses, and the caller looks at what it got
    return memory;
}

void *gcx_memory_map_small_pages(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    madvise(memory, bytes, MADV_NOHUGEPAGE);  // a kernel without huge pages refuses, and gives none either
    return memory;
}

void gcx_memory_unmap(void *memory, size_t bytes) { munmap(memory, bytes); }
