#include "gcx_kernels.h"

#include <sched.h>

// C = A B in three levels, after Goto and van de Geijn (2008): a micro-tile of C stays in registers while a panel of A and one of
// B stream by; a block of A stays in the second-level cache; the panels of B that a thread owns stay in the last level.
// Matrices are column-major. A is packed by all threads together, B and C belong to threads by columns.

// Columns of A in one step. A panel of B of this depth takes half of a first-level cache of 32 KiB, or less.
enum { depth_max = 252 };
// Rows of A that stay in the second-level cache: 192 x 252 doubles are 378 KiB.
enum { block_rows = 192 };

typedef struct {
    uint32_t rows;     // of a micro-tile; divides GCX_GEMM_STEP
    uint32_t columns;  // likewise
    // c (leading dimension ldc) = or += the product of a panel of A and one of B, `depth` deep.
    void (*tile)(size_t depth, const double *a, const double *b, double *c, size_t ldc, int accumulates);
} micro_kernel;

// VECTORS of LANES doubles high and COLUMNS wide: all accumulators, one column of A and one value of B fit in the registers.
#define TILE_KERNEL(NAME, TARGET, LANES, VECTORS, COLUMNS)                                                      \
    typedef double NAME##_vector __attribute__((vector_size((LANES) * 8), aligned(8)));                         \
    TARGET __attribute__((noinline)) static void NAME##_tile(size_t depth, const double *restrict a,            \
                                                             const double *restrict b, double *restrict c,      \
                                                             size_t ldc, int accumulates) {                     \
        NAME##_vector sum[COLUMNS][VECTORS] = {{{0}}};                                                          \
        for (size_t k = 0; k < depth; k++) {                                                                    \
            NAME##_vector column[VECTORS];                                                                      \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < (VECTORS); v++)                              \
                column[v] = *(const NAME##_vector *)(a + v * (LANES));                                          \
            _Pragma("clang loop unroll(full)") for (int j = 0; j < (COLUMNS); j++) {                            \
                NAME##_vector value = {0};                                                                      \
                value += b[j];                                                                                  \
                _Pragma("clang loop unroll(full)") for (int v = 0; v < (VECTORS); v++) {                        \
                    _Pragma("clang fp contract(fast)") sum[j][v] = column[v] * value + sum[j][v];               \
                }                                                                                               \
            }                                                                                                   \
            a += (VECTORS) * (LANES);                                                                           \
            b += (COLUMNS);                                                                                     \
        }                                                                                                       \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < (COLUMNS); j++) {                                \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < (VECTORS); v++) {                            \
                NAME##_vector *target = (NAME##_vector *)(c + (size_t)j * ldc + v * (LANES));                   \
                *target = accumulates ? *target + sum[j][v] : sum[j][v];                                        \
            }                                                                                                   \
        }                                                                                                       \
    }                                                                                                           \
    static const micro_kernel NAME = {(VECTORS) * (LANES), COLUMNS, NAME##_tile};

#if defined(__x86_64__)
TILE_KERNEL(gemm_avx512, __attribute__((target("avx512f"))), 8, 3, 8)
TILE_KERNEL(gemm_avx2, __attribute__((target("avx2,fma"))), 4, 3, 4)
TILE_KERNEL(gemm_portable, , 2, 2, 4)
#elif defined(__aarch64__)
TILE_KERNEL(gemm_neon, , 2, 4, 4)
#else
TILE_KERNEL(gemm_portable, , 2, 2, 4)
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

size_t gcx_gemm_packed_a_elements(size_t n) { return 2 * n * depth_max; }
size_t gcx_gemm_packed_b_elements(size_t n) { return n * depth_max; }

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
static void pack_a(const gcx_gemm_job *job, const micro_kernel *kernel, double *packed, range rows, size_t first,
                   size_t depth) {
    for (size_t row = rows.begin; row < rows.end; row += kernel->rows) {
        double *target = packed + row * depth;
        for (size_t k = 0; k < depth; k++) {
            const double *source = job->a + (first + k) * job->n + row;
            for (uint32_t i = 0; i < kernel->rows; i++) *target++ = source[i];
        }
    }
}

// Panels of `columns` columns: row after row of each.
static void pack_b(const gcx_gemm_job *job, const micro_kernel *kernel, range columns, size_t first, size_t depth) {
    for (size_t column = columns.begin; column < columns.end; column += kernel->columns) {
        double *target = job->packed_b + column * depth_max;
        for (uint32_t j = 0; j < kernel->columns; j++) {
            const double *source = job->b + (column + j) * job->n + first;
            for (size_t k = 0; k < depth; k++) target[k * kernel->columns + j] = source[k];
        }
    }
}

static void multiply(const gcx_gemm_job *job, const micro_kernel *kernel, const double *packed, range columns,
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

void gcx_gemm_work(void *argument, uint32_t thread, uint32_t threads) {
    gcx_gemm_job *job = argument;
    const micro_kernel *kernel = micro_kernel_of(job->isa);
    range rows = share_of(job->n, kernel->rows, thread, threads);
    range columns = share_of(job->n, kernel->columns, thread, threads);
    size_t slab = 0;
    for (size_t first = 0; first < job->n; first += depth_max) {
        size_t depth = job->n - first < depth_max ? job->n - first : depth_max;
        // Two slabs in turn: while one is still being read, the next is packed, so that one meeting a step is enough.
        double *packed = job->packed_a + slab * job->n * depth_max;
        slab = 1 - slab;
        pack_a(job, kernel, packed, rows, first, depth);
        pack_b(job, kernel, columns, first, depth);
        meet(&job->arrived, threads);
        multiply(job, kernel, packed, columns, first, depth);
    }
}

void gcx_gemm_tile_work(void *argument, uint32_t thread, uint32_t threads) {
    (void)thread;
    (void)threads;
    const gcx_gemm_job *job = argument;
    micro_kernel_of(job->isa)->tile(GCX_GEMM_STEP, job->packed_a, job->packed_b, job->c, job->n, 0);
}

// Small whole numbers, so that every product and sum is exact and the result can be checked to the last bit.
void gcx_gemm_fill_work(void *argument, uint32_t thread, uint32_t threads) {
    gcx_gemm_job *job = argument;
    const micro_kernel *kernel = micro_kernel_of(job->isa);
    range columns = share_of(job->n, kernel->columns, thread, threads);
    for (size_t column = columns.begin; column < columns.end; column++) {
        for (size_t row = 0; row < job->n; row++) {
            size_t at = column * job->n + row;
            job->a[at] = (double)((row * 7 + column * 3) % 16) - 8;
            job->b[at] = (double)((row * 5 + column * 11) % 16) - 8;
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
