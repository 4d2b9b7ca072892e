#include "Walls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

int gcx_open_beneath(int directory_fd, const char *path, uint64_t flags, uint64_t mode) {
    struct open_how how = {
        .flags = flags | O_CLOEXEC, .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    return result(syscall(SYS_openat2, directory_fd, path, &how, sizeof how));
}

int gcx_open_directory_in_root(int directory_fd, const char *path) {
    struct open_how how = {
        .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    return result(syscall(SYS_openat2, directory_fd, path, &how, sizeof how));
}

int gcx_enter_user_namespace(int user_namespace_fd) { return result(setns(user_namespace_fd, CLONE_NEWUSER)); }

int gcx_become(uid_t user, gid_t group) {
    if (syscall(SYS_setgroups, 0, NULL) < 0) return -errno;
    if (syscall(SYS_setresgid, group, group, group) < 0) return -errno;
    return result(syscall(SYS_setresuid, user, user, user));
}

int gcx_fork(void) { return result(fork()); }

int gcx_die_with_parent(void) { return result(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)); }

int gcx_pivot_root_here(void) { return result(syscall(SYS_pivot_root, ".", ".")); }

int gcx_no_new_privileges(void) { return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); }

int gcx_keep_capabilities(uint64_t mask) {
    for (int capability = 0; capability < 64; capability++) {
        if (mask & (1ull << capability)) continue;
        // The kernel has fewer than 64, and who may not drop from the set has nothing in it that could be gained.
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct had[2], data[2] = {{0}};
    if (syscall(SYS_capget, &header, had) < 0) return -errno;
    for (int half = 0; half < 2; half++) {
        data[half].permitted = had[half].permitted & (uint32_t)(mask >> (32 * half));
        data[half].effective = data[half].permitted;
    }
    return result(syscall(SYS_capset, &header, data));
}

int gcx_landlock_version(void) {
    return result(syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

int gcx_landlock_restrict(int directory_fd, uint64_t files, uint64_t allowed, uint64_t network, uint64_t scopes) {
    // The header of the build may be older than the kernel, so the structure is written out.
    struct { uint64_t files, network, scopes; } attributes = {files, network, scopes};
    size_t size = scopes ? 24 : network ? 16 : 8;
    int rules = result(syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
    if (rules < 0) return rules;
    int answer = 0;
    if (directory_fd >= 0) {
        struct landlock_path_beneath_attr beneath = {.allowed_access = allowed, .parent_fd = directory_fd};
        answer = result(syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0));
    }
    if (answer >= 0) answer = result(syscall(SYS_landlock_restrict_self, rules, 0));
    close(rules);
    return answer;
}

int gcx_message_pair(int numbers[2]) {
    return result(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, numbers));
}

// Source: include/net/scm.h, SCM_MAX_FD.
enum { files_max = 253 };

int gcx_send_files(int socket, const int *numbers, int count) {
    if (count < 1 || count > files_max) return -EMSGSIZE;
    union { struct cmsghdr head; char room[CMSG_SPACE(files_max * sizeof(int))]; } control = {0};
    char byte = 0;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &content, .msg_iovlen = 1, .msg_control = &control,
        .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(head), numbers, (size_t)count * sizeof(int));
    return result(sendmsg(socket, &message, MSG_NOSIGNAL));
}

// The files of a message, closed on exec; more than `most` are all closed.
static int take_files(struct msghdr *message, int *numbers, int most) {
    int count = 0;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        int here = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int index = 0; index < here; index++) {
            int number;
            memcpy(&number, CMSG_DATA(head) + (size_t)index * sizeof(int), sizeof number);
            if (count < most) numbers[count] = number;
            else close(number);
            count++;
        }
    }
    if (count <= most) return count;
    for (int index = 0; index < most; index++) close(numbers[index]);
    return -EMSGSIZE;
}

int gcx_receive_files(int socket, int *numbers, int most) {
    union { struct cmsghdr head; char room[CMSG_SPACE(files_max * sizeof(int))]; } control = {0};
    char byte = 0;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &content, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int got = result(recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    if (got < 0) return got;
    return take_files(&message, numbers, most);
}

int gcx_send_part(int socket, const void *bytes, size_t length, const int *numbers, int count) {
    if (count < 0 || count > files_max) return -EMSGSIZE;
    union { struct cmsghdr head; char room[CMSG_SPACE(files_max * sizeof(int))]; } control = {0};
    struct iovec content = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &content, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        memcpy(CMSG_DATA(head), numbers, (size_t)count * sizeof(int));
    }
    return result((int)sendmsg(socket, &message, MSG_NOSIGNAL));
}

int gcx_receive_part(int socket, void *bytes, size_t length, int *numbers, int most, int *count) {
    union { struct cmsghdr head; char room[CMSG_SPACE(files_max * sizeof(int))]; } control = {0};
    struct iovec content = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &content, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *count = 0;
    int got = result((int)recvmsg(socket, &message, MSG_CMSG_CLOEXEC));
    if (got < 0) return got;
    int came = take_files(&message, numbers, most);
    if (came < 0) return came;
    *count = came;
    return got;
}

int gcx_stream_pair(int numbers[2]) { return result(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, numbers)); }

static int peer_of(int socket, struct ucred *peer) {
    socklen_t length = sizeof *peer;
    return result(getsockopt(socket, SOL_SOCKET, SO_PEERCRED, peer, &length));
}

int gcx_peer_user(int socket, uint32_t *user) {
    struct ucred peer;
    int answer = peer_of(socket, &peer);
    if (answer == 0) *user = peer.uid;
    return answer;
}

int gcx_peer_process(int socket, int32_t *process) {
    struct ucred peer;
    int answer = peer_of(socket, &peer);
    if (answer == 0) *process = peer.pid;
    return answer;
}

// What reading an archive and writing files below one directory takes, with the memory of the program itself. Nothing
// that opens a socket, starts or signals a process, makes a node, mounts or asks about others.
static const int allowed_calls[] = {
    // Files that are open, and those below the directory.
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_close, SYS_fcntl, SYS_dup,
    SYS_openat, SYS_openat2, SYS_newfstatat, SYS_fstat, SYS_statx, SYS_fstatfs, SYS_getdents64, SYS_readlinkat,
    SYS_ftruncate, SYS_fallocate, SYS_fsync, SYS_fadvise64,
    SYS_mkdirat, SYS_symlinkat, SYS_linkat, SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_fchmod, SYS_fchown,
    SYS_fchownat, SYS_utimensat,
    // Files that it opened are handed to its parent, through the one socket that it was given; it can make none.
    SYS_sendmsg,
    // Memory, locks and the end.
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
    SYS_sigaltstack, SYS_sched_yield, SYS_restart_syscall, SYS_exit, SYS_exit_group, SYS_getpid, SYS_gettid,
    // Clocks and chance.
    SYS_clock_gettime, SYS_clock_nanosleep, SYS_getrandom, SYS_getrusage,
};

#if defined(__x86_64__)
#define GCX_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define GCX_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the numbers of another architecture's system calls are not known here"
#endif

enum { allowed_count = sizeof allowed_calls / sizeof allowed_calls[0], filter_max = 2 * allowed_count + 32 };

int gcx_seccomp_reader(void) {
    struct sock_filter filter[filter_max];
    unsigned short count = 0;
#define PUT(...) filter[count++] = (struct sock_filter)__VA_ARGS__
#define LOAD(offset) PUT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset))
#define ANSWER(what) PUT(BPF_STMT(BPF_RET | BPF_K, what))
    LOAD(offsetof(struct seccomp_data, arch));
    PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, GCX_ARCHITECTURE, 1, 0));
    ANSWER(SECCOMP_RET_KILL_PROCESS);
    LOAD(offsetof(struct seccomp_data, nr));
    // The x32 calls of x86-64 have a bit of their own.
    PUT(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
    ANSWER(SECCOMP_RET_KILL_PROCESS);
    for (int index = 0; index < allowed_count; index++) {
        PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed_calls[index], 0, 1));
        ANSWER(SECCOMP_RET_ALLOW);
    }
    // Memory may be mapped, but not so that it can be run.
    PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0));
    PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3));
    LOAD(offsetof(struct seccomp_data, args[2]));
    PUT(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0));
    ANSWER(SECCOMP_RET_ALLOW);
    ANSWER(SECCOMP_RET_ERRNO | EPERM);
    struct sock_fprog program = {.len = count, .filter = filter};
    return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}
