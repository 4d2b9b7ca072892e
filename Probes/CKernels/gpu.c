#include "gpu.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int gcx_gpu_refuse(char *reason, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, GCX_GPU_TEXT_BYTES, format, arguments);
    va_end(arguments);
    return -1;
}

void *gcx_gpu_functions(const char *file, const char *const *names, void **functions, size_t count, char *reason) {
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *complaint = dlerror();
        // A library that is there and lacks another one is told in the loader's words.
        int is_missing = complaint == NULL || (strncmp(complaint, file, strlen(file)) == 0 && strstr(complaint, "No such file"));
        if (is_missing) gcx_gpu_refuse(reason, "%s is not installed", file);
        else gcx_gpu_refuse(reason, "%s", complaint);
        return NULL;
    }
    for (size_t index = 0; index < count; index++) {
        functions[index] = dlsym(handle, names[index]);
        if (functions[index] != NULL) continue;
        gcx_gpu_refuse(reason, "%s has no %s", file, names[index]);
        dlclose(handle);
        return NULL;
    }
    return handle;
}

size_t gcx_gpu_array_bytes(const gcx_gpu_device *device, uint64_t allocation_max) {
    // A processor's figure is no figure, so it need not be large.
    uint64_t bytes = device->is_accelerator ? 512u << 20 : 64u << 20;
    if (bytes > device->memory_bytes / 8) bytes = device->memory_bytes / 8;
    if (bytes > allocation_max) bytes = allocation_max;
    return (size_t)(bytes & ~(uint64_t)0xFFF);
}

const char *gcx_gpu_library_name(enum gcx_gpu_api api) { return api == GCX_GPU_CUDA ? "libcuda.so.1" : "libOpenCL.so.1"; }

gcx_gpu_library *gcx_gpu_load(enum gcx_gpu_api api, const char *file, char *reason) {
    return api == GCX_GPU_CUDA ? gcx_gpu_load_cuda(file, reason) : gcx_gpu_load_opencl(file, reason);
}

uint32_t gcx_gpu_count(const gcx_gpu_library *library) { return library->count; }

const gcx_gpu_device *gcx_gpu_describe(const gcx_gpu_library *library, uint32_t index) { return &library->devices[index]; }

gcx_gpu *gcx_gpu_open(gcx_gpu_library *library, uint32_t index, char *reason) { return library->open(library, index, reason); }

void gcx_gpu_close(gcx_gpu *gpu) { gpu->close(gpu); }

static int is_rate(enum gcx_gpu_operation operation) { return operation == GCX_GPU_FP32 || operation == GCX_GPU_FP64; }

static size_t result_bytes(const gcx_gpu *gpu, enum gcx_gpu_operation operation) {
    return (size_t)gpu->items * (operation == GCX_GPU_FP64 ? sizeof(double) : sizeof(float));
}

int gcx_gpu_prepare(gcx_gpu *gpu, enum gcx_gpu_operation operation, char *reason) {
    if (operation == GCX_GPU_FP64 && !gpu->device->has_fp64) return gcx_gpu_refuse(reason, "the device has no FP64");
    size_t bytes = operation == GCX_GPU_COPY ? gpu->array_bytes : GCX_GPU_TRANSFER_BYTES;
    if (is_rate(operation)) bytes = result_bytes(gpu, operation);
    if (bytes == 0) return gcx_gpu_refuse(reason, "the device tells of no memory");
    if (is_rate(operation) && bytes > GCX_GPU_TRANSFER_BYTES)
        return gcx_gpu_refuse(reason, "the device tells of %u compute units", gpu->device->compute_units);
    if (gpu->allocate(gpu, 0, bytes, reason) != 0) return -1;
    if (operation == GCX_GPU_COPY && gpu->allocate(gpu, 1, bytes, reason) != 0) return -1;
    return gpu->compile(gpu, operation, reason);
}

int gcx_gpu_run(gcx_gpu *gpu, enum gcx_gpu_operation operation, uint64_t amount, uint64_t *nanoseconds, char *reason) {
    if (gpu->run(gpu, operation, amount, nanoseconds, reason) != 0) return -1;
    if (*nanoseconds == 0) return gcx_gpu_refuse(reason, "the device was done in no time");
    return 0;
}

uint64_t gcx_gpu_units(const gcx_gpu *gpu, enum gcx_gpu_operation operation) {
    if (is_rate(operation)) return (uint64_t)gpu->items * gpu->chains * GCX_GPU_STEPS * 2;
    return operation == GCX_GPU_COPY ? 2 * (uint64_t)gpu->array_bytes : GCX_GPU_TRANSFER_BYTES;
}

uint64_t gcx_gpu_amount_max(enum gcx_gpu_operation operation) { return is_rate(operation) ? GCX_GPU_ITERATIONS_MAX : 10000; }

uint64_t gcx_gpu_working_set_bytes(const gcx_gpu *gpu, enum gcx_gpu_operation operation) {
    if (is_rate(operation)) return 0;
    return operation == GCX_GPU_COPY ? 2 * (uint64_t)gpu->array_bytes : GCX_GPU_TRANSFER_BYTES;
}

// Every item's sum of its chains, which began at seed, seed + 1, … and were increased by one in every step.
static int check_rate(gcx_gpu *gpu, enum gcx_gpu_operation operation, uint64_t amount, char *reason) {
    size_t bytes = result_bytes(gpu, operation);
    memset(gpu->host, 0, bytes);
    if (gpu->move(gpu, 0, 0, bytes, 1, reason) != 0) return -1;
    uint64_t nanoseconds;
    if (gpu->run(gpu, operation, amount, &nanoseconds, reason) != 0) return -1;
    if (gpu->move(gpu, 0, 0, bytes, 0, reason) != 0) return -1;
    for (uint32_t item = 0; item < gpu->items; item++) {
        double begin = item % GCX_GPU_SEEDS, steps = (double)(amount * GCX_GPU_STEPS);
        double right = gpu->chains * (begin + steps + (gpu->chains - 1) / 2.0);
        double found = operation == GCX_GPU_FP64 ? ((double *)gpu->host)[item] : ((float *)gpu->host)[item];
        if (found != right) return gcx_gpu_refuse(reason, "work item %u gave %.17g in place of %.17g", item, found, right);
    }
    return 0;
}

static size_t chunk(const gcx_gpu *gpu, size_t offset) {
    size_t left = gpu->array_bytes - offset;
    return left < GCX_GPU_TRANSFER_BYTES ? left : GCX_GPU_TRANSFER_BYTES;
}

// The source in random words, another seed for each chunk; the target in zeros; and afterwards the target is the source.
static int check_copy(gcx_gpu *gpu, void *expected, char *reason) {
    for (size_t offset = 0; offset < gpu->array_bytes; offset += GCX_GPU_TRANSFER_BYTES) {
        gcx_storage_fill(gpu->host, chunk(gpu, offset), offset + 1);
        if (gpu->move(gpu, 0, offset, chunk(gpu, offset), 1, reason) != 0) return -1;
        memset(gpu->host, 0, chunk(gpu, offset));
        if (gpu->move(gpu, 1, offset, chunk(gpu, offset), 1, reason) != 0) return -1;
    }
    uint64_t nanoseconds;
    if (gpu->run(gpu, GCX_GPU_COPY, 1, &nanoseconds, reason) != 0) return -1;
    for (size_t offset = 0; offset < gpu->array_bytes; offset += GCX_GPU_TRANSFER_BYTES) {
        gcx_storage_fill(expected, chunk(gpu, offset), offset + 1);
        if (gpu->move(gpu, 1, offset, chunk(gpu, offset), 0, reason) != 0) return -1;
        if (memcmp(gpu->host, expected, chunk(gpu, offset)) != 0)
            return gcx_gpu_refuse(reason, "the copy differs from what was copied, from byte %zu on", offset);
    }
    return 0;
}

// The one way is done as it is timed, and the other by `move`.
static int check_transfer(gcx_gpu *gpu, enum gcx_gpu_operation operation, void *expected, char *reason) {
    int is_to = operation == GCX_GPU_TO;
    uint64_t nanoseconds;
    memset(gpu->host, 0, GCX_GPU_TRANSFER_BYTES);
    if (gpu->move(gpu, 0, 0, GCX_GPU_TRANSFER_BYTES, 1, reason) != 0) return -1;
    gcx_storage_fill(expected, GCX_GPU_TRANSFER_BYTES, 7);
    memcpy(gpu->host, expected, GCX_GPU_TRANSFER_BYTES);
    int sent = is_to ? gpu->run(gpu, operation, 1, &nanoseconds, reason)
                     : gpu->move(gpu, 0, 0, GCX_GPU_TRANSFER_BYTES, 1, reason);
    if (sent != 0) return -1;
    memset(gpu->host, 0, GCX_GPU_TRANSFER_BYTES);
    int received = is_to ? gpu->move(gpu, 0, 0, GCX_GPU_TRANSFER_BYTES, 0, reason)
                         : gpu->run(gpu, operation, 1, &nanoseconds, reason);
    if (received != 0) return -1;
    if (memcmp(gpu->host, expected, GCX_GPU_TRANSFER_BYTES) == 0) return 0;
    return gcx_gpu_refuse(reason, "what came back differs from what was sent");
}

int gcx_gpu_check(gcx_gpu *gpu, enum gcx_gpu_operation operation, uint64_t amount, char *reason) {
    if (is_rate(operation)) return check_rate(gpu, operation, amount, reason);
    void *expected = malloc(GCX_GPU_TRANSFER_BYTES);
    if (expected == NULL) return gcx_gpu_refuse(reason, "no memory to check the result with");
    int failure = operation == GCX_GPU_COPY ? check_copy(gpu, expected, reason)
                                            : check_transfer(gpu, operation, expected, reason);
    free(expected);
    return failure;
}
