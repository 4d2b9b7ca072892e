// Which part of the arrays belongs to which thread; the same for every memory kernel.
#ifndef GCX_MEMORY_SHARE_H
#define GCX_MEMORY_SHARE_H

#include "gcx_kernels.h"

// Doubles in 256 bytes: the unrolled loops step by four of the widest vectors.
enum { gcx_share_step = 32 };

typedef struct {
    size_t begin;
    size_t end;
} gcx_share;

// Contiguous, in thread order, covering all elements; the last thread takes the remainder.
static inline gcx_share gcx_share_of(size_t elements, uint32_t thread, uint32_t threads) {
    size_t part = elements / threads / gcx_share_step * gcx_share_step;
    return (gcx_share){part * thread, thread + 1 == threads ? elements : part * (thread + 1)};
}

#endif
