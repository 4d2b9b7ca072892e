// Stands in for libcuda.so.1: two devices in the host's memory, whose kernels are computed in one step. The second one gets FP64
// wrong, and copies all but the last byte. Prototypes as in cuda.h; built by the tests with the system's C compiler.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_FOUND = 500 };
enum { DEVICES = 2, MULTIPROCESSORS = 10 };

static int current = -1, retained[DEVICES];
static int contexts[DEVICES];

int cuInit(unsigned flags) { return flags == 0 ? 0 : INVALID_VALUE; }
int cuDriverGetVersion(int *version) { return *version = 12090, 0; }
int cuDeviceGetCount(int *count) { return *count = DEVICES, 0; }
int cuDeviceGet(int *device, int ordinal) { return *device = ordinal, ordinal < DEVICES ? 0 : INVALID_VALUE; }
int cuDeviceGetName(char *name, int length, int device) { return snprintf(name, (size_t)length, "Stand-in %d", device), 0; }
int cuDeviceTotalMem_v2(size_t *bytes, int device) { return *bytes = (size_t)(device + 1) << 26, 0; }

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    (void)device;
    switch (attribute) {
    case 13: return *value = 1000000, 0;  // kHz
    case 16: return *value = MULTIPROCESSORS, 0;
    case 36: return *value = 1000000, 0;  // kHz
    case 37: return *value = 4096, 0;     // bits
    case 39: return *value = 1536, 0;
    case 75: return *value = 8, 0;
    case 76: return *value = 0, 0;
    default: return INVALID_VALUE;
    }
}

int cuDevicePrimaryCtxRetain(void **context, int device) { return retained[device]++, *context = &contexts[device], 0; }
int cuDevicePrimaryCtxRelease_v2(int device) { return retained[device]-- > 0 ? 0 : INVALID_VALUE; }
int cuCtxSetCurrent(void *context) { return current = (int)((int *)context - contexts), 0; }

int cuModuleLoadData(void **module, const void *image) {
    if (strncmp(image, ".version 6.0\n.target sm_52\n", 27) != 0) return INVALID_VALUE;
    return *module = strdup(image), 0;
}
int cuModuleUnload(void *module) { return free(module), 0; }
int cuModuleGetFunction(void **function, void *module, const char *name) {
    char entry[64];
    snprintf(entry, sizeof entry, ".entry %s(", name);
    return *function = strstr(module, entry), *function != NULL ? 0 : NOT_FOUND;
}

int cuMemAlloc_v2(uint64_t *place, size_t bytes) { return *place = (uintptr_t)malloc(bytes), *place != 0 ? 0 : OUT_OF_MEMORY; }
int cuMemFree_v2(uint64_t place) { return free((void *)(uintptr_t)place), 0; }
int cuMemHostAlloc(void **place, size_t bytes, unsigned flags) { return *place = malloc(bytes), flags == 0 ? 0 : INVALID_VALUE; }
int cuMemFreeHost(void *place) { return free(place), 0; }
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *stream) {
    return memcpy((void *)(uintptr_t)to, from, bytes), stream == NULL ? 0 : INVALID_VALUE;
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *stream) {
    return memcpy(to, (void *)(uintptr_t)from, bytes), stream == NULL ? 0 : INVALID_VALUE;
}
int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream) {
    return memcpy((void *)(uintptr_t)to, (void *)(uintptr_t)from, bytes - (current == 1)), stream == NULL ? 0 : INVALID_VALUE;
}

int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                   unsigned block_z, unsigned shared_bytes, void *stream, void **arguments, void **extra) {
    if (grid_y != 1 || grid_z != 1 || block_y != 1 || block_z != 1 || shared_bytes != 0 || stream || extra) return INVALID_VALUE;
    int is_double = strncmp((char *)function + strlen(".entry gcx_rate_"), "fp64", 4) == 0;
    void *result = (void *)(uintptr_t) * (uint64_t *)arguments[0];
    double factor = is_double ? *(double *)arguments[1] : (double)*(float *)arguments[1];
    double addend = is_double ? *(double *)arguments[2] : (double)*(float *)arguments[2];
    double steps = 32.0 * *(uint32_t *)arguments[3];
    if (factor != 1) return INVALID_VALUE;
    for (unsigned item = 0; item < grid_x * block_x; item++) {
        double sum = 8 * (item % 256 + steps * addend) + 28;
        if (is_double) ((double *)result)[item] = sum + (current == 1 && item == 300);
        else ((float *)result)[item] = (float)sum;
    }
    return 0;
}

int cuEventCreate(void **event, unsigned flags) {
    return *event = calloc(1, sizeof(struct timespec)), flags == 1 ? 0 : INVALID_VALUE;
}
int cuEventDestroy_v2(void *event) { return free(event), 0; }
int cuEventRecord(void *event, void *stream) { return clock_gettime(CLOCK_MONOTONIC, event), stream == NULL ? 0 : INVALID_VALUE; }
int cuEventSynchronize(void *event) { return event != NULL ? 0 : INVALID_VALUE; }
int cuEventElapsedTime(float *milliseconds, void *begin, void *end) {
    const struct timespec *a = begin, *b = end;
    *milliseconds = (float)((double)(b->tv_sec - a->tv_sec) * 1e3 + (double)(b->tv_nsec - a->tv_nsec) / 1e6);
    return 0;
}
int cuStreamSynchronize(void *stream) { return stream == NULL ? 0 : INVALID_VALUE; }
int cuGetErrorName(int code, const char **name) {
    *name = code == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR_OTHER";
    return 0;
}
