#include "gcx_kernels.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { path_bytes_max = 4096 };

// For file systems without O_TMPFILE: the name lives between two system calls.
static int open_and_unlink(const char *directory) {
    char path[path_bytes_max];
    int length = snprintf(path, sizeof path, "%s/.gcx-bench-XXXXXX", directory);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) unlink(path);
    return fd;
}

gcx_storage_file gcx_storage_open(const char *directory) {
    gcx_storage_file file = {.fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    // open(2): EOPNOTSUPP from a file system without it, EISDIR from a kernel without it.
    if (file.fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) file.fd = open_and_unlink(directory);
    if (file.fd < 0) return file;
    file.is_direct = fcntl(file.fd, F_SETFL, O_DIRECT) == 0;
    struct statfs system;
    file.is_memory = fstatfs(file.fd, &system) == 0 && (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
    return file;
}

uint64_t gcx_storage_room(int fd) {
    struct statvfs system;
    return fstatvfs(fd, &system) == 0 ? (uint64_t)system.f_bavail * system.f_frsize : 0;
}
