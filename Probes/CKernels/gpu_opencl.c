#include "gpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// OpenCL by its loader, found at run time: types and numbers as in the registry of Khronos (CL/cl.h), so that no header is
// needed where gcx is built. Runs are timed by the host's clock around a batch that is enqueued and waited for: a batch lasts
// milliseconds and its submission microseconds, and the events of a queue would need one that records times, which some drivers
// slow down.

typedef struct {
    int32_t (*get_platforms)(uint32_t, void **, uint32_t *);
    int32_t (*get_devices)(void *, uint64_t, uint32_t, void **, uint32_t *);
    int32_t (*device_info)(void *, uint32_t, size_t, void *, size_t *);
    void *(*create_context)(const intptr_t *, uint32_t, void *const *, void *, void *, int32_t *);
    int32_t (*release_context)(void *);
    void *(*create_queue)(void *, void *, uint64_t, int32_t *);
    int32_t (*release_queue)(void *);
    void *(*create_buffer)(void *, uint64_t, size_t, void *, int32_t *);
    int32_t (*release_buffer)(void *);
    void *(*map)(void *, void *, uint32_t, uint64_t, size_t, size_t, uint32_t, const void *, void *, int32_t *);
    int32_t (*unmap)(void *, void *, void *, uint32_t, const void *, void *);
    void *(*create_program)(void *, uint32_t, const char **, const size_t *, int32_t *);
    int32_t (*build)(void *, uint32_t, void *const *, const char *, void *, void *);
    int32_t (*build_info)(void *, void *, uint32_t, size_t, void *, size_t *);
    int32_t (*release_program)(void *);
    void *(*create_kernel)(void *, const char *, int32_t *);
    int32_t (*release_kernel)(void *);
    int32_t (*set_argument)(void *, uint32_t, size_t, const void *);
    int32_t (*launch)(void *, void *, uint32_t, const size_t *, const size_t *, const size_t *, uint32_t, const void *, void *);
    int32_t (*write)(void *, void *, uint32_t, size_t, size_t, const void *, uint32_t, const void *, void *);
    int32_t (*read)(void *, void *, uint32_t, size_t, size_t, void *, uint32_t, const void *, void *);
    int32_t (*finish)(void *);
} functions;

// In the order of the structure.
static const char *const names[] = {
    "clGetPlatformIDs", "clGetDeviceIDs", "clGetDeviceInfo", "clCreateContext", "clReleaseContext",
    "clCreateCommandQueue", "clReleaseCommandQueue", "clCreateBuffer", "clReleaseMemObject", "clEnqueueMapBuffer",
    "clEnqueueUnmapMemObject", "clCreateProgramWithSource", "clBuildProgram", "clGetProgramBuildInfo", "clReleaseProgram",
    "clCreateKernel", "clReleaseKernel", "clSetKernelArg", "clEnqueueNDRangeKernel", "clEnqueueWriteBuffer",
    "clEnqueueReadBuffer", "clFinish",
};
enum { FUNCTIONS = sizeof names / sizeof names[0] };
_Static_assert(sizeof(functions) == FUNCTIONS * sizeof(void *), "each function has its name");

enum {
    DEVICE_TYPE = 0x1000, VENDOR_ID = 0x1001, MAX_COMPUTE_UNITS = 0x1002, MAX_ALLOCATION = 0x1010, GLOBAL_MEMORY = 0x101F,
    AVAILABLE = 0x1027, COMPILER_AVAILABLE = 0x1028, NAME = 0x102B, DRIVER_VERSION = 0x102D, DOUBLE_CONFIG = 0x1032,
    BUILD_LOG = 0x1183,
};
enum { TYPE_CPU = 2, TYPE_GPU = 4, TYPE_ACCELERATOR = 8 };
enum { READ_WRITE = 1, HOST_MEMORY = 1 << 4, MAP_BOTH = 3 };
enum { PLATFORMS_MAX = 16, DEVICES_MAX = 64, ITEMS_PER_UNIT = 2048 };

typedef struct {
    gcx_gpu_library common;
    functions cl;
    void *ids[DEVICES_MAX];
    uint64_t allocation_max[DEVICES_MAX];
    gcx_gpu_device devices[DEVICES_MAX];
} opencl_library;

typedef struct {
    gcx_gpu common;
    const functions *cl;
    void *device, *context, *queue, *host_buffer;
    void *arrays[2];
    size_t array_bytes[2];
    void *programs[GCX_GPU_COPY + 1], *kernels[GCX_GPU_COPY + 1];
} opencl_gpu;

// Four chains of four numbers: a device of vectors uses them as such, and any other as sixteen. `m` and `c` are arguments so
// that no compiler knows the sum. A device without a quick fma() has mad().
static const char source[] =
    "#ifdef FP64\n"
    "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n"
    "#define FMA fma\n"
    "#elif defined(FP_FAST_FMAF)\n"
    "#define FMA fma\n"
    "#else\n"
    "#define FMA mad\n"
    "#endif\n"
    "#define STEP x0 = FMA(x0, m, c); x1 = FMA(x1, m, c); x2 = FMA(x2, m, c); x3 = FMA(x3, m, c);\n"
    "#define STEPS STEP STEP STEP STEP STEP STEP STEP STEP\n"
    "__kernel void gcx_rate(__global REAL *result, REAL factor, REAL addend, uint iterations) {\n"
    "    size_t item = get_global_id(0);\n"
    "    REAL4 m = (REAL4)(factor), c = (REAL4)(addend);\n"
    "    REAL4 x0 = (REAL4)((REAL)(item & 255)) + (REAL4)(0, 1, 2, 3);\n"
    "    REAL4 x1 = x0 + (REAL4)(4), x2 = x0 + (REAL4)(8), x3 = x0 + (REAL4)(12);\n"
    "    for (uint n = 0; n < iterations; n++) { STEPS STEPS STEPS STEPS }\n"
    "    REAL4 sum = (x0 + x1) + (x2 + x3);\n"
    "    result[item] = (sum.x + sum.y) + (sum.z + sum.w);\n"
    "}\n"
    "__kernel void gcx_copy(__global const uint4 *from, __global uint4 *to) {\n"
    "    size_t item = get_global_id(0);\n"
    "    to[item] = from[item];\n"
    "}\n";
enum { CHAINS = 16 };
_Static_assert(GCX_GPU_STEPS == 32 && GCX_GPU_SEEDS == 256, "the source says so too");

// Numbers of cl.h that a user may see; the others are told as such.
static int refuse(char *reason, const char *what, int32_t code) {
    const char *word = code == -4 ? "out of device memory"
                     : code == -5 ? "out of resources"
                     : code == -6 ? "out of host memory"
                     : code == -11 ? "the kernel does not compile"
                     : code == -61 ? "invalid size"
                                   : "error";
    return gcx_gpu_refuse(reason, "%s: %s (OpenCL %d)", what, word, code);
}

static int allocate(gcx_gpu *gpu, int array, size_t bytes, char *reason) {
    opencl_gpu *self = (opencl_gpu *)gpu;
    if (self->array_bytes[array] >= bytes) return 0;
    if (self->arrays[array] != NULL) self->cl->release_buffer(self->arrays[array]);
    self->array_bytes[array] = 0;
    int32_t code = 0;
    self->arrays[array] = self->cl->create_buffer(self->context, READ_WRITE, bytes, NULL, &code);
    if (code != 0) return refuse(reason, "allocate on the device", code);
    self->array_bytes[array] = bytes;
    return 0;
}

static int compile(gcx_gpu *gpu, enum gcx_gpu_operation operation, char *reason) {
    opencl_gpu *self = (opencl_gpu *)gpu;
    if (operation > GCX_GPU_COPY || self->kernels[operation] != NULL) return 0;
    const char *text = source;
    int32_t code = 0;
    void *program = self->cl->create_program(self->context, 1, &text, NULL, &code);
    if (code != 0) return refuse(reason, "make a program", code);
    self->programs[operation] = program;
    const char *options = operation == GCX_GPU_FP64 ? "-DFP64 -DREAL=double -DREAL4=double4" : "-DREAL=float -DREAL4=float4";
    code = self->cl->build(program, 1, &self->device, options, NULL, NULL);
    if (code == 0) {
        self->kernels[operation] =
            self->cl->create_kernel(program, operation == GCX_GPU_COPY ? "gcx_copy" : "gcx_rate", &code);
        return code == 0 ? 0 : refuse(reason, "make a kernel", code);
    }
    char log[4096] = "";
    // A log that is longer still is not given in part.
    self->cl->build_info(program, self->device, BUILD_LOG, sizeof log - 1, log, NULL);
    refuse(reason, "compile the kernel", code);
    size_t length = strlen(reason);
    if (log[0] != 0) snprintf(reason + length, GCX_GPU_TEXT_BYTES - length, ": %s", log);
    return -1;
}

static int set_arguments(opencl_gpu *self, enum gcx_gpu_operation operation, uint64_t amount) {
    void *kernel = self->kernels[operation];
    const functions *cl = self->cl;
    int32_t code = cl->set_argument(kernel, 0, sizeof(void *), &self->arrays[0]);
    if (operation == GCX_GPU_COPY) return code | cl->set_argument(kernel, 1, sizeof(void *), &self->arrays[1]);
    float one = 1;
    double one_double = 1;
    int is_double = operation == GCX_GPU_FP64;
    const void *factor = is_double ? (const void *)&one_double : (const void *)&one;
    size_t size = is_double ? sizeof one_double : sizeof one;
    uint32_t iterations = (uint32_t)amount;
    code |= cl->set_argument(kernel, 1, size, factor) | cl->set_argument(kernel, 2, size, factor);
    return code | cl->set_argument(kernel, 3, sizeof iterations, &iterations);
}

static int32_t enqueue(opencl_gpu *self, enum gcx_gpu_operation operation) {
    const functions *cl = self->cl;
    gcx_gpu *gpu = &self->common;
    size_t items = operation == GCX_GPU_COPY ? gpu->array_bytes / 16 : gpu->items;
    switch (operation) {
    case GCX_GPU_TO: return cl->write(self->queue, self->arrays[0], 0, 0, GCX_GPU_TRANSFER_BYTES, gpu->host, 0, NULL, NULL);
    case GCX_GPU_FROM: return cl->read(self->queue, self->arrays[0], 0, 0, GCX_GPU_TRANSFER_BYTES, gpu->host, 0, NULL, NULL);
    default: return cl->launch(self->queue, self->kernels[operation], 1, NULL, &items, NULL, 0, NULL, NULL);
    }
}

static int run(gcx_gpu *gpu, enum gcx_gpu_operation operation, uint64_t amount, uint64_t *nanoseconds, char *reason) {
    opencl_gpu *self = (opencl_gpu *)gpu;
    int is_rate = operation < GCX_GPU_COPY;
    int32_t code = operation <= GCX_GPU_COPY ? set_arguments(self, operation, amount) : 0;
    if (code != 0) return refuse(reason, "set the arguments of the kernel", code);
    uint64_t begin = gcx_now_nanoseconds();
    for (uint64_t round = 0; code == 0 && round < (is_rate ? 1 : amount); round++) code = enqueue(self, operation);
    int32_t end = self->cl->finish(self->queue);
    *nanoseconds = gcx_now_nanoseconds() - begin;
    if (code != 0 || end != 0) return refuse(reason, "run on the device", code != 0 ? code : end);
    return 0;
}

static int move(gcx_gpu *gpu, int array, size_t offset, size_t bytes, int to_device, char *reason) {
    opencl_gpu *self = (opencl_gpu *)gpu;
    void *buffer = self->arrays[array];
    int32_t code = to_device ? self->cl->write(self->queue, buffer, 1, offset, bytes, gpu->host, 0, NULL, NULL)
                             : self->cl->read(self->queue, buffer, 1, offset, bytes, gpu->host, 0, NULL, NULL);
    return code == 0 ? 0 : refuse(reason, "copy between host and device", code);
}

static void close_gpu(gcx_gpu *gpu) {
    opencl_gpu *self = (opencl_gpu *)gpu;
    const functions *cl = self->cl;
    for (int index = 0; index <= GCX_GPU_COPY; index++) {
        if (self->kernels[index] != NULL) cl->release_kernel(self->kernels[index]);
        if (self->programs[index] != NULL) cl->release_program(self->programs[index]);
    }
    for (int index = 0; index < 2; index++) {
        if (self->arrays[index] != NULL) cl->release_buffer(self->arrays[index]);
    }
    if (gpu->host != NULL) {
        cl->unmap(self->queue, self->host_buffer, gpu->host, 0, NULL, NULL);
        cl->finish(self->queue);
    }
    if (self->host_buffer != NULL) cl->release_buffer(self->host_buffer);
    if (self->queue != NULL) cl->release_queue(self->queue);
    if (self->context != NULL) cl->release_context(self->context);
    free(self);
}

// Memory that the driver allocates for transfers is the only pinned memory that OpenCL has.
static int set_up(opencl_gpu *self, char *reason) {
    const functions *cl = self->cl;
    int32_t code = 0;
    self->context = cl->create_context(NULL, 1, &self->device, NULL, NULL, &code);
    if (code != 0) return refuse(reason, "make a context", code);
    self->queue = cl->create_queue(self->context, self->device, 0, &code);
    if (code != 0) return refuse(reason, "make a queue", code);
    self->host_buffer = cl->create_buffer(self->context, READ_WRITE | HOST_MEMORY, GCX_GPU_TRANSFER_BYTES, NULL, &code);
    if (code != 0) return refuse(reason, "allocate pinned memory", code);
    void *host = cl->map(self->queue, self->host_buffer, 1, MAP_BOTH, 0, GCX_GPU_TRANSFER_BYTES, 0, NULL, NULL, &code);
    if (code != 0) return refuse(reason, "map pinned memory", code);
    self->common.host = host;
    return 0;
}

static gcx_gpu *open_gpu(gcx_gpu_library *library, uint32_t index, char *reason) {
    opencl_library *loaded = (opencl_library *)library;
    opencl_gpu *self = calloc(1, sizeof *self);
    if (self == NULL) {
        gcx_gpu_refuse(reason, "out of memory");
        return NULL;
    }
    const gcx_gpu_device *device = &loaded->devices[index];
    self->cl = &loaded->cl;
    self->device = loaded->ids[index];
    self->common = (gcx_gpu){
        .device = device, .array_bytes = gcx_gpu_array_bytes(device, loaded->allocation_max[index]),
        .items = device->compute_units * ITEMS_PER_UNIT, .chains = CHAINS, .allocate = allocate, .compile = compile,
        .run = run, .move = move, .close = close_gpu,
    };
    if (set_up(self, reason) == 0) return &self->common;
    close_gpu(&self->common);
    return NULL;
}

// What cannot be read stays 0 or empty.
static void describe(opencl_library *library, void *id, uint64_t type) {
    const functions *cl = &library->cl;
    gcx_gpu_device *device = &library->devices[library->common.count];
    uint64_t double_config = 0;
    cl->device_info(id, NAME, sizeof device->name - 1, device->name, NULL);
    cl->device_info(id, DRIVER_VERSION, sizeof device->driver - 1, device->driver, NULL);
    cl->device_info(id, VENDOR_ID, sizeof device->vendor, &device->vendor, NULL);
    cl->device_info(id, MAX_COMPUTE_UNITS, sizeof device->compute_units, &device->compute_units, NULL);
    cl->device_info(id, GLOBAL_MEMORY, sizeof device->memory_bytes, &device->memory_bytes, NULL);
    cl->device_info(id, DOUBLE_CONFIG, sizeof double_config, &double_config, NULL);
    device->has_fp64 = double_config != 0;
    device->is_accelerator = (type & (TYPE_GPU | TYPE_ACCELERATOR)) != 0;
    uint64_t *most = &library->allocation_max[library->common.count];
    cl->device_info(id, MAX_ALLOCATION, sizeof *most, most, NULL);
    library->ids[library->common.count++] = id;
}

static int is_usable(const functions *cl, void *id, uint64_t *type) {
    uint32_t is_available = 0, has_compiler = 0;
    *type = 0;
    cl->device_info(id, DEVICE_TYPE, sizeof *type, type, NULL);
    cl->device_info(id, AVAILABLE, sizeof is_available, &is_available, NULL);
    cl->device_info(id, COMPILER_AVAILABLE, sizeof has_compiler, &has_compiler, NULL);
    return is_available != 0 && has_compiler != 0 && (*type & (TYPE_CPU | TYPE_GPU | TYPE_ACCELERATOR)) != 0;
}

static void find_devices(opencl_library *library) {
    const functions *cl = &library->cl;
    void *platforms[PLATFORMS_MAX];
    uint32_t platform_count = 0;
    // Without any driver the loader answers with an error (CL_PLATFORM_NOT_FOUND_KHR), which is a count of none.
    if (cl->get_platforms(PLATFORMS_MAX, platforms, &platform_count) != 0) return;
    if (platform_count > PLATFORMS_MAX) platform_count = PLATFORMS_MAX;
    for (uint32_t platform = 0; platform < platform_count; platform++) {
        void *ids[DEVICES_MAX];
        uint32_t count = 0;
        if (cl->get_devices(platforms[platform], 0xFFFFFFFF, DEVICES_MAX, ids, &count) != 0) continue;
        for (uint32_t index = 0; index < count && index < DEVICES_MAX; index++) {
            uint64_t type;
            if (library->common.count < DEVICES_MAX && is_usable(cl, ids[index], &type)) describe(library, ids[index], type);
        }
    }
}

gcx_gpu_library *gcx_gpu_load_opencl(const char *file, char *reason) {
    opencl_library *library = calloc(1, sizeof *library);
    if (library == NULL) {
        gcx_gpu_refuse(reason, "out of memory");
        return NULL;
    }
    library->common = (gcx_gpu_library){.api = GCX_GPU_OPENCL, .devices = library->devices, .open = open_gpu};
    void *found[FUNCTIONS];
    if (gcx_gpu_functions(file, names, found, FUNCTIONS, reason) != NULL) {
        memcpy(&library->cl, found, sizeof found);
        find_devices(library);
        if (library->common.count > 0) return &library->common;
        gcx_gpu_refuse(reason, "%s has no driver with a device", file);
    }
    free(library);
    return NULL;
}
