#include "gcx_kernels.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

// As much as one call moves: what other tools move, and the most that a socket's buffer holds by default.
enum { chunk_bytes = 128 << 10 };

static int connect_to(const struct sockaddr_in *address) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) != 0) {
        int failure = errno;
        close(fd);
        errno = failure;
        return -1;
    }
    return fd;
}

int gcx_network_open(int *sender, int *receiver) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return errno;
    *sender = *receiver = -1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&address, &length) == 0) {
        *sender = connect_to(&address);
        if (*sender >= 0) *receiver = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    }
    int failure = *receiver < 0 ? errno : 0;
    close(listener);
    if (failure != 0 && *sender >= 0) close(*sender);
    return failure;
}

// Thread 0 sends, thread 1 receives. Whoever fails closes the connection, so that the other one does not wait for ever.
void gcx_network_work(void *argument, uint32_t thread, uint32_t threads) {
    (void)threads;
    gcx_network_job *job = argument;
    uint64_t moved = 0;
    while (moved < job->bytes) {
        uint64_t left = job->bytes - moved;
        size_t size = left < chunk_bytes ? (size_t)left : chunk_bytes;
        ssize_t count = thread == 0 ? send(job->sender, job->buffer, size, MSG_NOSIGNAL)
                                    : recv(job->receiver, (char *)job->buffer + chunk_bytes, size, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            __atomic_store_n(&job->failure, count == 0 ? ECONNRESET : errno, __ATOMIC_RELAXED);
            shutdown(thread == 0 ? job->sender : job->receiver, SHUT_RDWR);
            return;
        }
        moved += (uint64_t)count;
    }
}
