// C = A B for one type of number. A file that includes this one says which, by
//   GEMM_NUMBER        the type,
//   GEMM_STEP          what the size of the matrices is a multiple of,
//   GEMM_PUBLIC(NAME)  the public form of a name.
#ifndef GCX_GEMM_H
#define GCX_GEMM_H

#include "gcx_kernels.h"

#include <sched.h>

// Three levels, after Goto and van de Geijn (2008): a micro-tile of C stays in registers while a panel of A and one of
// B stream by; a block of A stays in the second-level cache; the panels of B that a thread owns stay in the last level.
// Matrices are column-major. A is packed by all threads together, B and C belong to threads by columns.

typedef GEMM_NUMBER number;

// Columns of A in one step. A panel of B of this depth takes half of a first-level cache of 32 KiB, or less.
enum { depth_max = 2016 / sizeof(number) };
// Rows of A that stay in the second-level cache: 192 x 2016 bytes are 378 KiB.
enum { block_rows = 192 };

typedef struct {
    uint32_t rows;     // of a micro-tile; divides GEMM_STEP and block_rows
    uint32_t columns;  // likewise divides GEMM_STEP
    // c (leading dimension ldc) = or += the product of a panel of A and one of B, `depth` deep.
    void (*tile)(size_t depth, const number *a, const number *b, number *c, size_t ldc, int accumulates);
} micro_kernel;

// VECTORS of BYTES high and COLUMNS wide: all accumulators, one column of A and one value of B fit in the registers.
#define TILE_KERNEL(NAME, TARGET, BYTES, VECTORS, COLUMNS)                                                      \
    typedef number NAME##_vector __attribute__((vector_size(BYTES), aligned(sizeof(number))));                  \
    enum { NAME##_lanes = (BYTES) / sizeof(number) };                                                           \
    _Static_assert(GEMM_STEP % (COLUMNS) == 0 && GEMM_STEP % ((VECTORS) * NAME##_lanes) == 0 &&                 \
                       block_rows % ((VECTORS) * NAME##_lanes) == 0,                                            \
                   "whole tiles only");                                                                         \
    TARGET __attribute__((noinline)) static void NAME##_tile(size_t depth, const number *restrict a,            \
                                                             const number *restrict b, number *restrict c,      \
                                                             size_t ldc, int accumulates) {                     \
        NAME##_vector sum[COLUMNS][VECTORS] = {{{0}}};                                                          \
        /* The tile of C is asked for while the product is made: it was last seen a whole step ago. */          \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < (COLUMNS); j++) {                                \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < (VECTORS) * (BYTES); v += 64) {              \
                __builtin_prefetch((const char *)(c + (size_t)j * ldc) + v, 1);                                 \
            }                                                                                                   \
        }                                                                                                       \
        for (size_t k = 0; k < depth; k++) {                                                                    \
            NAME##_vector column[VECTORS];                                                                      \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < (VECTORS); v++)                              \
                column[v] = *(const NAME##_vector *)(a + v * NAME##_lanes);                                     \
            _Pragma("clang loop unroll(full)") for (int j = 0; j < (COLUMNS); j++) {                            \
                _Pragma("clang loop unroll(full)") for (int v = 0; v < (VECTORS); v++) {                        \
                    _Pragma("clang fp contract(fast)") sum[j][v] = column[v] * b[j] + sum[j][v];                \
                }                                                                                               \
            }                                                                                                   \
            a += (VECTORS) * NAME##_lanes;                                                                      \
            b += (COLUMNS);                                                                                     \
        }                                                                                                       \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < (COLUMNS); j++) {                                \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < (VECTORS); v++) {                            \
                NAME##_vector *target = (NAME##_vector *)(c + (size_t)j * ldc + v * NAME##_lanes);              \
                *target = accumulates ? *target + sum[j][v] : sum[j][v];                                        \
            }                                                                                                   \
        }                                                                                                       \
    }                                                                                                           \
    static const micro_kernel NAME = {(VECTORS) * NAME##_lanes, COLUMNS, NAME##_tile};

#if defined(__x86_64__)
TILE_KERNEL(gemm_avx512, __attribute__((target("avx512f"))), 64, 3, 8)
// 12 accumulators, 2 vectors of A and one value of B leave a register for the next value; 3 x 4 leave none, and spill.
TILE_KERNEL(gemm_avx2, __attribute__((target("avx2,fma"))), 32, 2, 6)
TILE_KERNEL(gemm_portable, , 16, 2, 4)
#elif defined(__aarch64__)
TILE_KERNEL(gemm_neon, , 16, 4, 4)
#else
TILE_KERNEL(gemm_portable, , 16, 2, 4)
#endif

static const micro_kernel *micro_kernel_of(enum gcx_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case GCX_ISA_AVX512: return &gemm_avx512;
    case GCX_ISA_AVX2: return &gemm_avx2;
#elif defined(__aarch64__)
    default: return &gemm_neon;
#endif
#if !defined(__aarch64__)
    default: return &gemm_portable;
#endif
    }
}

size_t GEMM_PUBLIC(packed_a_elements)(size_t n) { return 2 * n * depth_max; }
size_t GEMM_PUBLIC(packed_b_elements)(size_t n) { return n * depth_max; }

typedef struct {
    size_t begin;
    size_t end;
} range;

// Whole panels, in thread order, as even as panels allow.
static range share_of(size_t n, size_t panel, uint32_t thread, uint32_t threads) {
    size_t panels = n / panel;
    return (range){panels * thread / threads * panel, panels * (thread + 1) / threads * panel};
}

// All threads meet here; `arrived` only grows, so no round can be mistaken for another.
static void meet(uint32_t *arrived, uint32_t threads) {
    uint32_t ticket = __atomic_fetch_add(arrived, 1, __ATOMIC_ACQ_REL);
    uint32_t target = (ticket / threads + 1) * threads;
    for (uint32_t spin = 0; (int32_t)(__atomic_load_n(arrived, __ATOMIC_ACQUIRE) - target) < 0; spin++) {
        if (spin > 10000) sched_yield();
    }
}

// Panels of `rows` rows: column after column of each, so that the tile reads A from one end to the other.
static void pack_a(const GEMM_PUBLIC(job) *job, const micro_kernel *kernel, number *packed, range rows, size_t first,
                   size_t depth) {
    for (size_t row = rows.begin; row < rows.end; row += kernel->rows) {
        number *target = packed + row * depth;
        for (size_t k = 0; k < depth; k++) {
            const number *source = job->a + (first + k) * job->n + row;
            for (uint32_t i = 0; i < kernel->rows; i++) *target++ = source[i];
        }
    }
}

// Panels of `columns` columns: row after row of each.
static void pack_b(const GEMM_PUBLIC(job) *job, const micro_kernel *kernel, range columns, size_t first, size_t depth) {
    for (size_t column = columns.begin; column < columns.end; column += kernel->columns) {
        number *target = job->packed_b + column * depth_max;
        for (uint32_t j = 0; j < kernel->columns; j++) {
            const number *source = job->b + (column + j) * job->n + first;
            for (size_t k = 0; k < depth; k++) target[k * kernel->columns + j] = source[k];
        }
    }
}

static void multiply(const GEMM_PUBLIC(job) *job, const micro_kernel *kernel, const number *packed, range columns,
                     size_t first, size_t depth) {
    for (size_t block = 0; block < job->n; block += block_rows) {
        size_t end = block + block_rows < job->n ? block + block_rows : job->n;
        for (size_t column = columns.begin; column < columns.end; column += kernel->columns) {
            for (size_t row = block; row < end; row += kernel->rows) {
                kernel->tile(depth, packed + row * depth, job->packed_b + column * depth_max,
                             job->c + column * job->n + row, job->n, first > 0);
            }
        }
    }
}

void GEMM_PUBLIC(work)(void *argument, uint32_t thread, uint32_t threads) {
    GEMM_PUBLIC(job) *job = argument;
    const micro_kernel *kernel = micro_kernel_of(job->isa);
    range rows = share_of(job->n, kernel->rows, thread, threads);
    range columns = share_of(job->n, kernel->columns, thread, threads);
    size_t slab = 0;
    for (size_t first = 0; first < job->n; first += depth_max) {
        size_t depth = job->n - first < depth_max ? job->n - first : depth_max;
        // Two slabs in turn: while one is still being read, the next is packed, so that one meeting a step is enough.
        number *packed = job->packed_a + slab * job->n * depth_max;
        slab = 1 - slab;
        pack_a(job, kernel, packed, rows, first, depth);
        pack_b(job, kernel, columns, first, depth);
        meet(&job->arrived, threads);
        multiply(job, kernel, packed, columns, first, depth);
    }
}

void GEMM_PUBLIC(tile_work)(void *argument, uint32_t thread, uint32_t threads) {
    (void)thread;
    (void)threads;
    const GEMM_PUBLIC(job) *job = argument;
    micro_kernel_of(job->isa)->tile(GEMM_STEP, job->packed_a, job->packed_b, job->c, job->n, 0);
}

// Small whole numbers, so that every product and sum is exact and the result can be checked to the last bit.
void GEMM_PUBLIC(fill_work)(void *argument, uint32_t thread, uint32_t threads) {
    GEMM_PUBLIC(job) *job = argument;
    const micro_kernel *kernel = micro_kernel_of(job->isa);
    range columns = share_of(job->n, kernel->columns, thread, threads);
    for (size_t column = columns.begin; column < columns.end; column++) {
        for (size_t row = 0; row < job->n; row++) {
            size_t at = column * job->n + row;
            job->a[at] = (number)((row * 7 + column * 3) % 16) - 8;
            job->b[at] = (number)((row * 5 + column * 11) % 16) - 8;
            job->c[at] = 0;
        }
    }
    range rows = share_of(job->n, kernel->rows, thread, threads);
    for (size_t i = rows.begin * depth_max; i < rows.end * depth_max; i++) {
        job->packed_a[i] = 0;
        job->packed_a[job->n * depth_max + i] = 0;
    }
    for (size_t i = columns.begin * depth_max; i < columns.end * depth_max; i++) job->packed_b[i] = 0;
}

#endif
