#include "gcx_kernels.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int gcx_peer_patience(int fd, uint32_t timeout_seconds) {
    struct timeval patience = {.tv_sec = timeout_seconds};
    int yes = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) return errno;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0) return errno;
    // The words between the transfers are a few bytes, and somebody waits for each.
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return 0;
}

int gcx_peer_connect(const char *host, const char *port, uint32_t timeout_seconds, const char **reason) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int code = getaddrinfo(host, port, &hints, &found);
    if (code != 0) {
        *reason = gai_strerror(code);
        return -1;
    }
    int fd = -1;
    int failure = 0;
    for (struct addrinfo *each = found; each != NULL && fd < 0; each = each->ai_next) {
        fd = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
        if (fd < 0) {
            failure = errno;
            continue;
        }
        failure = gcx_peer_patience(fd, timeout_seconds);
        if (failure == 0 && connect(fd, each->ai_addr, each->ai_addrlen) == 0) break;
        if (failure == 0) failure = errno;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    // A connect that ran out of patience is told as "in progress".
    if (fd < 0) *reason = strerrordesc_np(failure == EINPROGRESS ? ETIMEDOUT : failure);
    return fd;
}

// The count of a send or recv, where 0 is the end and an interruption is tried again.
static ssize_t settled(ssize_t count, int *failure) {
    if (count > 0) return count;
    if (count < 0 && errno == EINTR) return 0;
    *failure = count == 0 ? ECONNRESET : errno == EAGAIN ? ETIMEDOUT : errno;
    return -1;
}

int gcx_peer_send(int fd, const void *buffer, uint64_t bytes) {
    int failure = 0;
    for (uint64_t moved = 0; moved < bytes;) {
        uint64_t left = bytes - moved;
        size_t size = left < GCX_NETWORK_BUFFER_BYTES ? (size_t)left : GCX_NETWORK_BUFFER_BYTES;
        ssize_t count = settled(send(fd, buffer, size, MSG_NOSIGNAL), &failure);
        if (count < 0) return failure;
        moved += (uint64_t)count;
    }
    return 0;
}

int gcx_peer_receive(int fd, void *buffer, uint64_t bytes) {
    int failure = 0;
    for (uint64_t moved = 0; moved < bytes;) {
        uint64_t left = bytes - moved;
        size_t size = left < GCX_NETWORK_BUFFER_BYTES ? (size_t)left : GCX_NETWORK_BUFFER_BYTES;
        ssize_t count = settled(recv(fd, buffer, size, 0), &failure);
        if (count < 0) return failure;
        moved += (uint64_t)count;
    }
    return 0;
}

// A byte a call: a line is short, and what follows it is not to be taken.
int gcx_peer_line(int fd, char *line, size_t size) {
    int failure = 0;
    for (size_t length = 0; length < size;) {
        ssize_t count = settled(recv(fd, line + length, 1, 0), &failure);
        if (count < 0) return failure;
        if (count > 0 && line[length] == '\n') {
            line[length] = 0;
            return 0;
        }
        length += (size_t)count;
    }
    return EMSGSIZE;
}
