// The timed loops of gcx, and the team of pinned threads that runs them.
//
// One .c file per kernel. A kernel allocates nothing, prints nothing and reads no clock: the team does the timing, so every
// figure is timed in the same way. Kernels are compiled with -O3 in every configuration and choose their instruction set at
// run time; nothing here is built for the machine it was built on.
//
// A changed loop, working set or count of operations is a new GCX_KERNELS_VERSION: figures are compared only within one version.
#ifndef GCX_KERNELS_H
#define GCX_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define GCX_KERNELS_VERSION "gcx-kernels/2"

// Widest first is the order of preference on each architecture; the numbers are only ever compared for equality.
enum gcx_isa { GCX_ISA_PORTABLE = 0, GCX_ISA_AVX2 = 1, GCX_ISA_AVX512 = 2, GCX_ISA_NEON = 3 };

// The widest instruction set that this processor and its kernel let us use.
enum gcx_isa gcx_isa_best(void);

// Lower-case name for records: portable, avx2, avx512, neon.
const char *gcx_isa_name(enum gcx_isa isa);

// Most FP64 operations that any known core of this instruction set completes in one cycle (two per fused multiply-add).
uint32_t gcx_isa_fp64_flops_per_cycle_max(enum gcx_isa isa);

// The compiler that made the kernels; another one may make other instructions of the same loops.
const char *gcx_kernels_compiler(void);

// CLOCK_MONOTONIC_RAW in nanoseconds: not slewed by NTP, so a rate does not depend on the time daemon.
uint64_t gcx_now_nanoseconds(void);

// Gives the processor away for so long.
void gcx_pause(uint32_t nanoseconds);

// MARK: team.c

// What one thread does in one timed run. `job` is shared by the team and read-only but for its `sink`s.
typedef void (*gcx_work)(void *job, uint32_t thread, uint32_t threads);

typedef struct gcx_team gcx_team;

// When one thread entered and left its work, and the processor time it got in between.
typedef struct {
    uint64_t begin_nanoseconds;
    uint64_t end_nanoseconds;
    uint64_t cpu_nanoseconds;
} gcx_span;

// Starts `count` threads, thread i pinned to cpus[i], all parked. NULL with errno when a thread cannot be started or pinned.
gcx_team *gcx_team_open(const uint32_t *cpus, uint32_t count);

// Runs `work` once on every thread, all released together, and returns when the last has finished. One caller at a time.
void gcx_team_run(gcx_team *team, gcx_work work, void *job);

// The span of `thread` in the latest run.
gcx_span gcx_team_span(const gcx_team *team, uint32_t thread);

// Ends and joins the threads. Not while a run is under way.
void gcx_team_close(gcx_team *team);

// MARK: kernels; each is a gcx_work with its job

// clock.c: a chain of dependent one-cycle additions. Cycles = additions.
typedef struct {
    uint64_t additions;  // a multiple of 16
} gcx_clock_job;
void gcx_clock_work(void *job, uint32_t thread, uint32_t threads);

// fp64.c, fp32.c: independent chains of fused multiply-adds in registers.
typedef struct {
    uint64_t iterations;
    enum gcx_isa isa;
} gcx_fma_job;
void gcx_fp64_work(void *job, uint32_t thread, uint32_t threads);
void gcx_fp32_work(void *job, uint32_t thread, uint32_t threads);
// Operations in one iteration on one thread, an FMA counted as two.
uint64_t gcx_fp64_flops_per_iteration(enum gcx_isa isa);
uint64_t gcx_fp32_flops_per_iteration(enum gcx_isa isa);

// int8.c: bytes multiplied in pairs and added to 32-bit sums, in registers. Which instructions do it is a choice of its own: not
// every processor of an instruction set has the dot products of bytes.
enum gcx_int8_set {
    GCX_INT8_PORTABLE = 0,
    GCX_INT8_AVX2 = 1,
    GCX_INT8_AVX_VNNI = 2,
    GCX_INT8_AVX512_VNNI = 3,
    GCX_INT8_NEON_DOT = 4,
};
typedef struct {
    uint64_t iterations;
    enum gcx_int8_set set;
} gcx_int8_job;
void gcx_int8_work(void *job, uint32_t thread, uint32_t threads);
// The best within an instruction set.
enum gcx_int8_set gcx_int8_best(enum gcx_isa isa);
// Lower-case name for records.
const char *gcx_int8_name(enum gcx_int8_set set);
// Operations in one iteration on one thread, a multiplication and its addition counted as two.
uint64_t gcx_int8_operations_per_iteration(enum gcx_int8_set set);
// Most that any known core completes in one cycle.
uint32_t gcx_int8_operations_per_cycle_max(enum gcx_int8_set set);

// integer.c: rounds of compressing, sorting, parsing and hashing, on data of `seed` and the number of the round.
typedef struct {
    uint64_t rounds;
    uint64_t seed;
    void *scratch;        // gcx_integer_scratch_bytes() for each thread, 128-byte aligned; what is in it does not matter
    uint64_t *checksums;  // one per thread; all come out the same, on any machine
} gcx_integer_job;
size_t gcx_integer_scratch_bytes(void);
void gcx_integer_work(void *job, uint32_t thread, uint32_t threads);
// A little of each part, after a round, for whoever counts its instructions.
void gcx_integer_sample_work(void *job, uint32_t thread, uint32_t threads);

// cache_read.c: `bytes` from `base` on are loaded `passes` times. `bytes` is a multiple of 512.
typedef struct {
    const void *base;
    size_t bytes;
    uint64_t passes;
    enum gcx_isa isa;
} gcx_cache_job;
void gcx_cache_read_work(void *job, uint32_t thread, uint32_t threads);
// Most bytes that any known core loads in one cycle, a power of two.
uint32_t gcx_cache_bytes_per_cycle_max(enum gcx_isa isa);

// memory_touch.c: marks every page of 4 KiB, and counts those that hold their mark. `right_pages` starts at 0.
typedef struct {
    void *base;
    size_t bytes;       // a multiple of 4096
    size_t first_page;  // number of the first page in the whole run
    uint64_t seed;
    uint64_t right_pages;
} gcx_touch_job;
void gcx_touch_write_work(void *job, uint32_t thread, uint32_t threads);
void gcx_touch_check_work(void *job, uint32_t thread, uint32_t threads);

// latency.c: one thread follows a cycle of `steps` dependent loads; each line holds the address of the next.
typedef struct {
    void **start;
    uint64_t steps;  // a multiple of 16
    void *end;       // where it got to: what is loaded cannot be left out
} gcx_latency_job;
void gcx_latency_work(void *job, uint32_t thread, uint32_t threads);
// Links the lines of 64 bytes from `base` on into one cycle through all of them, in an order that no prefetcher guesses
// (Sattolo's shuffle of splitmix64). `order` has room for bytes / 64 numbers.
void gcx_latency_link(void *base, size_t bytes, uint32_t *order, uint64_t seed);

// handover.c: a team of two hands a cache line to and fro, 2 `rounds` times. `turn` starts at 0.
typedef struct {
    uint64_t rounds;
    uint64_t before[15];  // so that `turn` has its pair of lines to itself
    uint64_t turn;
    uint64_t after[15];
} gcx_handover_job;
void gcx_handover_work(void *job, uint32_t thread, uint32_t threads);

// gemm_fp64.c: C = A B, FP64, column-major, `n` a multiple of GCX_GEMM_STEP. One call is 2 n^3 operations. `arrived` starts at 0 and
// belongs to the kernel; a team of another size needs a job of its own.
enum { GCX_GEMM_STEP = 168 };
typedef struct {
    double *a;
    double *b;
    double *c;
    double *packed_a;
    double *packed_b;
    size_t n;
    enum gcx_isa isa;
    uint32_t arrived;
} gcx_gemm_job;
// Room for the packed panels, in doubles.
size_t gcx_gemm_packed_a_elements(size_t n);
size_t gcx_gemm_packed_b_elements(size_t n);
// The first touch of everything, by the thread that will use it; A and B get small whole numbers, so that C is exact.
void gcx_gemm_fill_work(void *job, uint32_t thread, uint32_t threads);
void gcx_gemm_work(void *job, uint32_t thread, uint32_t threads);
// One tile of C from the first packed panels, GCX_GEMM_STEP deep: the loop by itself, for whoever counts its instructions.
void gcx_gemm_tile_work(void *job, uint32_t thread, uint32_t threads);

// gemm_fp32.c: the same in FP32, `n` a multiple of GCX_SGEMM_STEP, room in floats.
enum { GCX_SGEMM_STEP = 336 };
typedef struct {
    float *a;
    float *b;
    float *c;
    float *packed_a;
    float *packed_b;
    size_t n;
    enum gcx_isa isa;
    uint32_t arrived;
} gcx_sgemm_job;
size_t gcx_sgemm_packed_a_elements(size_t n);
size_t gcx_sgemm_packed_b_elements(size_t n);
void gcx_sgemm_fill_work(void *job, uint32_t thread, uint32_t threads);
void gcx_sgemm_work(void *job, uint32_t thread, uint32_t threads);
void gcx_sgemm_tile_work(void *job, uint32_t thread, uint32_t threads);

// memory_*.c: three arrays of `elements` doubles, 64-byte aligned, `elements` a multiple of 64. Each thread works on one
// contiguous share, the same in every kernel, so what a thread touched first is what it streams.
typedef struct {
    double *a;
    double *b;
    double *c;
    size_t elements;
    double scale;
    enum gcx_isa isa;
} gcx_memory_job;
// a = 0, b = 1, c = 2: the first touch, by the thread that will use the page.
void gcx_memory_fill_work(void *job, uint32_t thread, uint32_t threads);
// a = b + scale * c with non-temporal stores. 24 bytes per element move.
void gcx_memory_triad_work(void *job, uint32_t thread, uint32_t threads);
// a = b with non-temporal stores. 16 bytes per element move.
void gcx_memory_copy_work(void *job, uint32_t thread, uint32_t threads);
// a = scale with non-temporal stores. 8 bytes per element move.
void gcx_memory_write_work(void *job, uint32_t thread, uint32_t threads);
// Sums b. 8 bytes per element move.
void gcx_memory_read_work(void *job, uint32_t thread, uint32_t threads);

// memory_map.c: untouched, page-aligned memory that asks for huge pages; NULL with errno.
void *gcx_memory_map(size_t bytes);
// The same that refuses huge pages.
void *gcx_memory_map_small_pages(size_t bytes);
void gcx_memory_unmap(void *memory, size_t bytes);

// MARK: storage_file.c

typedef struct {
    int fd;         // -1 when nothing could be opened
    int is_direct;  // the page cache takes no part
    int is_memory;  // the file system lives in memory
} gcx_storage_file;

// A new, empty file in `directory` that has no name, so that the kernel frees it however this process ends.
// With fd -1, errno says why.
gcx_storage_file gcx_storage_open(const char *directory);

// Bytes that an ordinary user may still write to the file system of `fd`; 0 when it cannot be told.
uint64_t gcx_storage_room(int fd);

// MARK: storage.c; single-threaded, on the caller's thread. Each returns 0 or an errno, and the elapsed time through
// `nanoseconds`, which is written only on success.

// Fills `buffer` with bytes that no device compresses or deduplicates (splitmix64 of `seed`). `bytes` a multiple of 8.
void gcx_storage_fill(void *buffer, size_t bytes, uint64_t seed);
// Writes `blocks` blocks of `block_bytes` from `offset` on, one after the other, then fdatasync.
int gcx_storage_write(int fd, const void *buffer, size_t block_bytes, uint32_t blocks, uint64_t offset, uint64_t *nanoseconds);
// Reads `count` blocks of `block_bytes` at `offsets`, one after the other.
int gcx_storage_read(int fd, void *buffer, size_t block_bytes, const uint64_t *offsets, uint32_t count, uint64_t *nanoseconds);
// Writes `count` blocks of `block_bytes` at `offsets`, one after the other; nothing is made durable.
int gcx_storage_overwrite(int fd, const void *buffer, size_t block_bytes, const uint64_t *offsets, uint32_t count, uint64_t *nanoseconds);

// MARK: storage_ring.c

typedef struct gcx_ring gcx_ring;

// Blocks at `offsets`, with as many under way as the ring is deep. `buffer` holds `depth` blocks.
typedef struct {
    int fd;
    int writes;
    void *buffer;
    size_t block_bytes;
    const uint64_t *offsets;
    uint32_t count;
} gcx_ring_job;

// NULL with errno where the kernel or a sandbox does not allow io_uring.
gcx_ring *gcx_ring_open(uint32_t depth);
// 0 or an errno; returns when nothing is under way any more.
int gcx_ring_run(gcx_ring *ring, const gcx_ring_job *job, uint64_t *nanoseconds);
void gcx_ring_close(gcx_ring *ring);

// MARK: network.c

// `bytes` over one TCP connection inside this machine, by a team of two.
typedef struct {
    int sender;
    int receiver;
    void *buffer;  // GCX_NETWORK_BUFFER_BYTES
    uint64_t bytes;
    int failure;  // 0 or an errno
} gcx_network_job;
enum { GCX_NETWORK_BUFFER_BYTES = 256 << 10 };
// Connects two sockets over 127.0.0.1; 0 or an errno.
int gcx_network_open(int *sender, int *receiver);
void gcx_network_work(void *job, uint32_t thread, uint32_t threads);

// MARK: network_peer.c; blocking, on the caller's thread

// Connects to a host and port, numbers or names. The descriptor, or -1 with a reason that lives for ever. Each later call on
// it gives up after `timeout_seconds` without a byte.
int gcx_peer_connect(const char *host, const char *port, uint32_t timeout_seconds, const char **reason);
// Sets the same patience on a connection that came from elsewhere; 0 or an errno.
int gcx_peer_patience(int fd, uint32_t timeout_seconds);
// Moves exactly `bytes`, in calls of GCX_NETWORK_BUFFER_BYTES at the most; 0 or an errno.
int gcx_peer_send(int fd, const void *buffer, uint64_t bytes);
int gcx_peer_receive(int fd, void *buffer, uint64_t bytes);
// Reads a line of fewer than `size` bytes, without its newline; 0 or an errno.
int gcx_peer_line(int fd, char *line, size_t size);

// MARK: gpu.c; the accelerators behind gpu_cuda.c and gpu_opencl.c. Single-threaded, on the caller's thread.

enum gcx_gpu_api { GCX_GPU_CUDA = 0, GCX_GPU_OPENCL = 1 };
enum gcx_gpu_operation {
    GCX_GPU_FP32 = 0,  // chains of fused multiply-adds in registers
    GCX_GPU_FP64 = 1,
    GCX_GPU_COPY = 2,  // one array of the device's memory to another
    GCX_GPU_TO = 3,    // pinned memory of the host to the device
    GCX_GPU_FROM = 4,  // the device to pinned memory of the host
};
enum { GCX_GPU_TEXT_BYTES = 256, GCX_GPU_TRANSFER_BYTES = 64 << 20 };

// One device, as its driver tells. A limit is what no run can exceed, in the unit of the operation; 0 where it is not known.
typedef struct {
    char name[GCX_GPU_TEXT_BYTES];
    char driver[GCX_GPU_TEXT_BYTES];
    uint64_t memory_bytes;
    uint32_t vendor;  // PCI vendor
    uint32_t compute_units;
    int is_accelerator;  // false for a processor
    int has_fp64;
    double fp32_limit;  // flop/s
    double fp64_limit;
    double copy_limit;  // B/s
} gcx_gpu_device;

typedef struct gcx_gpu_library gcx_gpu_library;
typedef struct gcx_gpu gcx_gpu;

// The soname that a driver is found by.
const char *gcx_gpu_library_name(enum gcx_gpu_api api);
// Loads a driver and finds its devices, at least one. NULL with a sentence in `reason`, which has room for GCX_GPU_TEXT_BYTES,
// as everywhere below. What was loaded stays loaded: drivers keep threads.
gcx_gpu_library *gcx_gpu_load(enum gcx_gpu_api api, const char *file, char *reason);
uint32_t gcx_gpu_count(const gcx_gpu_library *library);
const gcx_gpu_device *gcx_gpu_describe(const gcx_gpu_library *library, uint32_t index);

// NULL with a reason. The library must outlive what is opened.
gcx_gpu *gcx_gpu_open(gcx_gpu_library *library, uint32_t index, char *reason);
void gcx_gpu_close(gcx_gpu *gpu);

// Allocates and compiles what the operation needs; 0, or -1 with a reason.
int gcx_gpu_prepare(gcx_gpu *gpu, enum gcx_gpu_operation operation, char *reason);
// Does the operation `amount` times, 1 or more: for the rates, iterations of one launch. 0, or -1 with a reason.
int gcx_gpu_run(gcx_gpu *gpu, enum gcx_gpu_operation operation, uint64_t amount, uint64_t *nanoseconds, char *reason);
// Does it once more and looks at every result; -1 with a reason when one is wrong.
int gcx_gpu_check(gcx_gpu *gpu, enum gcx_gpu_operation operation, uint64_t amount, char *reason);
// Operations (an FMA is two) or bytes in an amount of one; a copy reads and writes each byte, and both count.
uint64_t gcx_gpu_units(const gcx_gpu *gpu, enum gcx_gpu_operation operation);
uint64_t gcx_gpu_amount_max(enum gcx_gpu_operation operation);
// Bytes of the device that the operation works on.
uint64_t gcx_gpu_working_set_bytes(const gcx_gpu *gpu, enum gcx_gpu_operation operation);

#endif
