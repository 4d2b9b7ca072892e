// What gpu.c asks of a driver, and what the drivers share. Every function returns 0, or -1 with a reason.
#ifndef GCX_GPU_H
#define GCX_GPU_H

#include "gcx_kernels.h"

// One fused multiply-add per chain is a step, and the loop of a kernel is so many steps long: on a device that issues one
// instruction per cycle, the three that count the loop are then 1 % or less.
enum { GCX_GPU_STEPS = 32 };
// With factor and addend 1 a chain counts its own steps, exactly as long as the sum of 16 chains stays below 2^24 (FP32).
enum { GCX_GPU_ITERATIONS_MAX = (1 << 19) / GCX_GPU_STEPS };
// Work items begin at their number modulo this, so that neighbours differ.
enum { GCX_GPU_SEEDS = 256 };

struct gcx_gpu_library {
    enum gcx_gpu_api api;
    uint32_t count;
    gcx_gpu_device *devices;
    gcx_gpu *(*open)(gcx_gpu_library *library, uint32_t index, char *reason);
};

// The first member of each driver's own structure.
struct gcx_gpu {
    const gcx_gpu_device *device;
    size_t array_bytes;  // of each of the two arrays of a copy
    uint32_t items;      // work items of a rate
    uint32_t chains;     // of one work item; chain i begins at the item's seed + i, and an item's result is their sum
    void *host;          // GCX_GPU_TRANSFER_BYTES, pinned
    // The arrays are made as large as was ever asked for, and otherwise kept.
    int (*allocate)(gcx_gpu *gpu, int array, size_t bytes, char *reason);
    int (*compile)(gcx_gpu *gpu, enum gcx_gpu_operation operation, char *reason);
    int (*run)(gcx_gpu *gpu, enum gcx_gpu_operation operation, uint64_t amount, uint64_t *nanoseconds, char *reason);
    // Between `host` and an array, waiting for the end.
    int (*move)(gcx_gpu *gpu, int array, size_t offset, size_t bytes, int to_device, char *reason);
    void (*close)(gcx_gpu *gpu);
};

// -1, with the sentence in `reason`.
__attribute__((format(printf, 2, 3))) int gcx_gpu_refuse(char *reason, const char *format, ...);

// A handle, and the functions of `names` in `functions`, in their order; NULL with a reason that begins with the file.
void *gcx_gpu_functions(const char *file, const char *const *names, void **functions, size_t count, char *reason);

// Never more than a good part of the device, which may be in use; and beyond every cache known (256 MB).
size_t gcx_gpu_array_bytes(const gcx_gpu_device *device, uint64_t allocation_max);

gcx_gpu_library *gcx_gpu_load_cuda(const char *file, char *reason);
gcx_gpu_library *gcx_gpu_load_opencl(const char *file, char *reason);

#endif
