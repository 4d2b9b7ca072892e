#include "gpu.h"
#include "gpu_ptx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// CUDA by the driver's own library, found at run time: types and numbers as in cuda.h, so that nothing of CUDA is needed where
// gcx is built. Names with _v2 are those that cuda.h maps the plain ones to. Runs are timed by events in the device's stream,
// half a microsecond exact; the thread sleeps until the last one has come.

typedef int32_t result;
typedef uint64_t address;

typedef struct {
    result (*init)(uint32_t);
    result (*driver_version)(int32_t *);
    result (*device_count)(int32_t *);
    result (*device_get)(int32_t *, int32_t);
    result (*device_name)(char *, int32_t, int32_t);
    result (*device_memory)(size_t *, int32_t);
    result (*device_attribute)(int32_t *, int32_t, int32_t);
    result (*context_retain)(void **, int32_t);
    result (*context_release)(int32_t);
    result (*context_set)(void *);
    result (*module_load)(void **, const void *);
    result (*module_unload)(void *);
    result (*module_function)(void **, void *, const char *);
    result (*allocate)(address *, size_t);
    result (*release)(address);
    result (*allocate_host)(void **, size_t, uint32_t);
    result (*release_host)(void *);
    result (*copy_to)(address, const void *, size_t, void *);
    result (*copy_from)(void *, address, size_t, void *);
    result (*copy_within)(address, address, size_t, void *);
    result (*launch)(void *, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, void *, void **, void **);
    result (*event_create)(void **, uint32_t);
    result (*event_destroy)(void *);
    result (*event_record)(void *, void *);
    result (*event_wait)(void *);
    result (*event_elapsed)(float *, void *, void *);
    result (*stream_wait)(void *);
    result (*error_name)(result, const char **);
} functions;

// In the order of the structure.
static const char *const names[] = {
    "cuInit", "cuDriverGetVersion", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceTotalMem_v2",
    "cuDeviceGetAttribute", "cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2", "cuCtxSetCurrent", "cuModuleLoadData",
    "cuModuleUnload", "cuModuleGetFunction", "cuMemAlloc_v2", "cuMemFree_v2", "cuMemHostAlloc", "cuMemFreeHost",
    "cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuMemcpyDtoDAsync_v2", "cuLaunchKernel", "cuEventCreate",
    "cuEventDestroy_v2", "cuEventRecord", "cuEventSynchronize", "cuEventElapsedTime", "cuStreamSynchronize",
    "cuGetErrorName",
};
enum { FUNCTIONS = sizeof names / sizeof names[0] };
_Static_assert(sizeof(functions) == FUNCTIONS * sizeof(void *), "each function has its name");

enum {
    CLOCK_KHZ = 13, MULTIPROCESSORS = 16, MEMORY_CLOCK_KHZ = 36, MEMORY_BUS_BITS = 37, THREADS_PER_MULTIPROCESSOR = 39,
    CAPABILITY_MAJOR = 75, CAPABILITY_MINOR = 76,
};
enum { EVENT_BLOCKING = 1, DEVICES_MAX = 64, BLOCK = 256, NVIDIA = 0x10DE };
_Static_assert(GCX_GPU_STEPS == 32 && GCX_GPU_SEEDS == 256, "the PTX says so too");

typedef struct {
    gcx_gpu_library common;
    functions cu;
    int32_t ids[DEVICES_MAX];
    uint32_t threads[DEVICES_MAX];  // that are resident on the whole device at once
    gcx_gpu_device devices[DEVICES_MAX];
} cuda_library;

typedef struct {
    gcx_gpu common;
    const functions *cu;
    int32_t id;
    void *context, *module, *begin, *end;
    void *kernels[GCX_GPU_FP64 + 1];
    address arrays[2];
    size_t array_bytes[2];
} cuda_gpu;

static int refuse(const functions *cu, char *reason, const char *what, result code) {
    const char *name = NULL;
    if (cu->error_name(code, &name) != 0 || name == NULL) name = "an unknown error";
    return gcx_gpu_refuse(reason, "%s: %s (%d)", what, name, code);
}

static int allocate(gcx_gpu *gpu, int array, size_t bytes, char *reason) {
    cuda_gpu *self = (cuda_gpu *)gpu;
    if (self->array_bytes[array] >= bytes) return 0;
    result code = self->cu->context_set(self->context);
    if (code == 0 && self->array_bytes[array] > 0) code = self->cu->release(self->arrays[array]);
    self->array_bytes[array] = 0;
    if (code == 0) code = self->cu->allocate(&self->arrays[array], bytes);
    if (code != 0) return refuse(self->cu, reason, "allocate on the device", code);
    self->array_bytes[array] = bytes;
    return 0;
}

static int compile(gcx_gpu *gpu, enum gcx_gpu_operation operation, char *reason) {
    cuda_gpu *self = (cuda_gpu *)gpu;
    if (operation > GCX_GPU_FP64 || self->kernels[operation] != NULL) return 0;
    result code = self->cu->context_set(self->context);
    if (code == 0 && self->module == NULL) code = self->cu->module_load(&self->module, gcx_ptx);
    if (code != 0) return refuse(self->cu, reason, "load the kernels", code);
    const char *name = operation == GCX_GPU_FP64 ? "gcx_rate_fp64" : "gcx_rate_fp32";
    code = self->cu->module_function(&self->kernels[operation], self->module, name);
    return code == 0 ? 0 : refuse(self->cu, reason, "find a kernel", code);
}

static result launch(cuda_gpu *self, enum gcx_gpu_operation operation, uint64_t amount) {
    float one = 1;
    double one_double = 1;
    void *factor = operation == GCX_GPU_FP64 ? (void *)&one_double : (void *)&one;
    uint32_t iterations = (uint32_t)amount;
    // The arguments are copied before the call returns.
    void *arguments[] = {&self->arrays[0], factor, factor, &iterations};
    uint32_t blocks = self->common.items / BLOCK;
    return self->cu->launch(self->kernels[operation], blocks, 1, 1, BLOCK, 1, 1, 0, NULL, arguments, NULL);
}

static result enqueue(cuda_gpu *self, enum gcx_gpu_operation operation, uint64_t amount) {
    const functions *cu = self->cu;
    if (operation <= GCX_GPU_FP64) return launch(self, operation, amount);
    result code = 0;
    for (uint64_t round = 0; code == 0 && round < amount; round++) {
        switch (operation) {
        case GCX_GPU_TO: code = cu->copy_to(self->arrays[0], self->common.host, GCX_GPU_TRANSFER_BYTES, NULL); break;
        case GCX_GPU_FROM: code = cu->copy_from(self->common.host, self->arrays[0], GCX_GPU_TRANSFER_BYTES, NULL); break;
        default: code = cu->copy_within(self->arrays[1], self->arrays[0], self->common.array_bytes, NULL);
        }
    }
    return code;
}

static int run(gcx_gpu *gpu, enum gcx_gpu_operation operation, uint64_t amount, uint64_t *nanoseconds, char *reason) {
    cuda_gpu *self = (cuda_gpu *)gpu;
    const functions *cu = self->cu;
    float milliseconds = 0;
    result code = cu->context_set(self->context);
    if (code == 0) code = cu->event_record(self->begin, NULL);
    if (code == 0) code = enqueue(self, operation, amount);
    if (code == 0) code = cu->event_record(self->end, NULL);
    if (code == 0) code = cu->event_wait(self->end);
    if (code == 0) code = cu->event_elapsed(&milliseconds, self->begin, self->end);
    if (code != 0) return refuse(cu, reason, "run on the device", code);
    *nanoseconds = milliseconds > 0 ? (uint64_t)((double)milliseconds * 1e6) : 0;
    return 0;
}

static int move(gcx_gpu *gpu, int array, size_t offset, size_t bytes, int to_device, char *reason) {
    cuda_gpu *self = (cuda_gpu *)gpu;
    const functions *cu = self->cu;
    address place = self->arrays[array] + offset;
    result code = cu->context_set(self->context);
    if (code == 0) code = to_device ? cu->copy_to(place, gpu->host, bytes, NULL) : cu->copy_from(gpu->host, place, bytes, NULL);
    if (code == 0) code = cu->stream_wait(NULL);
    return code == 0 ? 0 : refuse(cu, reason, "copy between host and device", code);
}

static void close_gpu(gcx_gpu *gpu) {
    cuda_gpu *self = (cuda_gpu *)gpu;
    const functions *cu = self->cu;
    if (self->context != NULL && cu->context_set(self->context) == 0) {
        for (int index = 0; index < 2; index++) {
            if (self->array_bytes[index] > 0) cu->release(self->arrays[index]);
        }
        if (gpu->host != NULL) cu->release_host(gpu->host);
        if (self->begin != NULL) cu->event_destroy(self->begin);
        if (self->end != NULL) cu->event_destroy(self->end);
        if (self->module != NULL) cu->module_unload(self->module);
        cu->context_release(self->id);
    }
    free(self);
}

static int set_up(cuda_gpu *self, char *reason) {
    const functions *cu = self->cu;
    result code = cu->context_retain(&self->context, self->id);
    if (code != 0) return refuse(cu, reason, "make a context", code);
    code = cu->context_set(self->context);
    if (code == 0) code = cu->event_create(&self->begin, EVENT_BLOCKING);
    if (code == 0) code = cu->event_create(&self->end, EVENT_BLOCKING);
    if (code != 0) return refuse(cu, reason, "make an event", code);
    code = cu->allocate_host(&self->common.host, GCX_GPU_TRANSFER_BYTES, 0);
    return code == 0 ? 0 : refuse(cu, reason, "allocate pinned memory", code);
}

static gcx_gpu *open_gpu(gcx_gpu_library *library, uint32_t index, char *reason) {
    cuda_library *loaded = (cuda_library *)library;
    cuda_gpu *self = calloc(1, sizeof *self);
    if (self == NULL) {
        gcx_gpu_refuse(reason, "out of memory");
        return NULL;
    }
    const gcx_gpu_device *device = &loaded->devices[index];
    self->cu = &loaded->cu;
    self->id = loaded->ids[index];
    self->common = (gcx_gpu){
        .device = device, .array_bytes = gcx_gpu_array_bytes(device, UINT64_MAX), .items = loaded->threads[index],
        .chains = GCX_PTX_CHAINS, .allocate = allocate, .compile = compile, .run = run, .move = move, .close = close_gpu,
    };
    if (set_up(self, reason) == 0) return &self->common;
    close_gpu(&self->common);
    return NULL;
}

// The clock is the one that the vendor states for boost. FMA units of one multiprocessor by compute capability (CUDA C++
// Programming Guide, "Arithmetic Instructions"); a capability that is not here has no known limit.
static const struct { int32_t capability; uint32_t fp32, fp64; } units[] = {
    {50, 128, 4}, {52, 128, 4}, {53, 128, 4}, {60, 64, 32}, {61, 128, 4}, {62, 128, 4}, {70, 64, 32}, {72, 64, 32}, {75, 64, 2},
    {80, 64, 32}, {86, 128, 2}, {87, 128, 2}, {89, 128, 2}, {90, 128, 64}, {100, 128, 64}, {120, 128, 2},
};

// 0 for what the driver does not tell.
static int32_t attribute(const functions *cu, int32_t name, int32_t id) {
    int32_t value = 0;
    return cu->device_attribute(&value, name, id) == 0 && value > 0 ? value : 0;
}

static void set_limits(const functions *cu, int32_t id, gcx_gpu_device *device) {
    int32_t capability = 10 * attribute(cu, CAPABILITY_MAJOR, id) + attribute(cu, CAPABILITY_MINOR, id);
    double cycles = 1e3 * attribute(cu, CLOCK_KHZ, id) * device->compute_units;
    for (size_t index = 0; index < sizeof units / sizeof units[0]; index++) {
        if (units[index].capability != capability) continue;
        device->fp32_limit = 2 * cycles * units[index].fp32;
        device->fp64_limit = 2 * cycles * units[index].fp64;
    }
    // Two transfers a cycle on every line of the bus.
    device->copy_limit = 2e3 * attribute(cu, MEMORY_CLOCK_KHZ, id) * attribute(cu, MEMORY_BUS_BITS, id) / 8;
}

static void describe(cuda_library *library, int32_t id, int32_t version) {
    const functions *cu = &library->cu;
    gcx_gpu_device *device = &library->devices[library->common.count];
    size_t memory = 0;
    if (cu->device_name(device->name, sizeof device->name, id) != 0) snprintf(device->name, sizeof device->name, "unnamed");
    device->name[sizeof device->name - 1] = 0;
    if (version > 0) snprintf(device->driver, sizeof device->driver, "CUDA %d.%d", version / 1000, version % 1000 / 10);
    if (cu->device_memory(&memory, id) == 0) device->memory_bytes = memory;
    device->vendor = NVIDIA;
    device->compute_units = (uint32_t)attribute(cu, MULTIPROCESSORS, id);
    device->is_accelerator = 1;
    device->has_fp64 = 1;
    set_limits(cu, id, device);
    uint32_t threads = device->compute_units * (uint32_t)attribute(cu, THREADS_PER_MULTIPROCESSOR, id);
    library->threads[library->common.count] = threads / BLOCK * BLOCK;
    library->ids[library->common.count++] = id;
}

static int find_devices(cuda_library *library, const char *file, char *reason) {
    const functions *cu = &library->cu;
    int32_t count = 0, version = 0;
    result code = cu->init(0);
    if (code != 0) return refuse(cu, reason, "cuInit", code);
    code = cu->device_count(&count);
    if (code != 0) return refuse(cu, reason, "cuDeviceGetCount", code);
    if (cu->driver_version(&version) != 0) version = 0;
    for (int32_t index = 0; index < count && index < DEVICES_MAX; index++) {
        int32_t id;
        if (cu->device_get(&id, index) == 0) describe(library, id, version);
    }
    return library->common.count > 0 ? 0 : gcx_gpu_refuse(reason, "%s finds no device", file);
}

gcx_gpu_library *gcx_gpu_load_cuda(const char *file, char *reason) {
    cuda_library *library = calloc(1, sizeof *library);
    if (library == NULL) {
        gcx_gpu_refuse(reason, "out of memory");
        return NULL;
    }
    library->common = (gcx_gpu_library){.api = GCX_GPU_CUDA, .devices = library->devices, .open = open_gpu};
    void *found[FUNCTIONS];
    if (gcx_gpu_functions(file, names, found, FUNCTIONS, reason) != NULL) {
        memcpy(&library->cu, found, sizeof found);
        if (find_devices(library, file, reason) == 0) return &library->common;
    }
    free(library);
    return NULL;
}
