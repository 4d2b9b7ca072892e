#include "CLinux.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// linux/mount.h and sys/mount.h cannot be included together with every libc, so the three calls are declared here.
int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);

static int result(long value) { return value < 0 ? -errno : (int)value; }

uint64_t gcx_clock_boottime(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int gcx_clock_unsynchronised(void) {
    struct timex time = {0};
    if (adjtimex(&time) < 0) return -errno;
    return (time.status & STA_UNSYNC) != 0;
}

int gcx_mount(const char *source, const char *target, const char *type, uint64_t flags, const char *data) {
    return result(mount(source, target, type, flags, data));
}

int gcx_umount(const char *target, int flags) { return result(umount2(target, flags)); }

int gcx_unshare(int flags) { return result(unshare(flags)); }

int gcx_enter_network(int network_namespace_fd) { return result(setns(network_namespace_fd, CLONE_NEWNET)); }

int gcx_open_tree_clone(const char *path) {
    return result(syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
}

int gcx_mount_setattr_idmap(int mount_fd, uint64_t attributes, int user_namespace_fd) {
    struct mount_attr attr = {.attr_set = attributes | MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace_fd};
    return result(syscall(SYS_mount_setattr, mount_fd, "", AT_EMPTY_PATH, &attr, sizeof attr));
}

int gcx_move_mount(int mount_fd, const char *target) {
    return result(syscall(SYS_move_mount, mount_fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH));
}

int gcx_set_resource_limit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return result(setrlimit(resource, &limit));
}

// In the child: becomes `owner` and makes the namespace; 0 or a negated errno. The raw calls change this process only.
static int enter_user_namespace(uint32_t owner, const uint64_t limits[3]) {
    const int kinds[3] = {RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_MEMLOCK};
    for (int i = 0; i < 3; i++) {
        int answer = gcx_set_resource_limit(kinds[i], limits[i], limits[i]);
        if (answer < 0) return answer;
    }
    if (syscall(SYS_setresgid, owner, owner, owner) < 0) return -errno;
    if (syscall(SYS_setresuid, owner, owner, owner) < 0) return -errno;
    if (unshare(CLONE_NEWUSER) < 0) return -errno;
    int nested = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
    if (nested < 0 || write(nested, "0", 1) != 1) return -errno;
    close(nested);
    return 0;
}

int gcx_clone_user_namespace_holder(uint32_t owner, const uint64_t limits[3]) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    pid_t parent = getpid();
    // The raw call with a null stack behaves as fork does; the child makes only async-signal-safe calls.
    long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
    if (pid == 0) {
        int answer = enter_user_namespace(owner, limits);
        // After the change of user, which clears it.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // Who is dead already sends no signal any more.
        if (getppid() != parent) _exit(1);
        if (write(ends[1], &answer, sizeof answer) != sizeof answer || answer != 0) _exit(1);
        close(ends[0]);
        close(ends[1]);
        for (;;) pause();
    }
    int error = pid < 0 ? -errno : 0;
    close(ends[1]);
    if (pid > 0 && read(ends[0], &error, sizeof error) != sizeof error) error = -ECHILD;
    close(ends[0]);
    if (pid > 0 && error != 0) waitpid((pid_t)pid, NULL, 0);
    return error != 0 ? error : (int)pid;
}

int gcx_set_child_subreaper(void) { return result(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }

int gcx_pidfd_open(pid_t pid) { return result(syscall(SYS_pidfd_open, pid, 0)); }

int gcx_pidfd_send_signal(int pid_fd, int signal) {
    return result(syscall(SYS_pidfd_send_signal, pid_fd, signal, NULL, 0));
}

int gcx_signalfd(uint64_t mask) {
    sigset_t set;
    sigemptyset(&set);
    for (int signal = 1; signal < 64; signal++)
        if (mask & (1ull << signal)) sigaddset(&set, signal);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -errno;
    return result(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

int gcx_signalfd_read(int fd) {
    struct signalfd_siginfo info;
    ssize_t count = read(fd, &info, sizeof info);
    return count < 0 ? -errno : (int)info.ssi_signo;
}

int gcx_loop_get_free(int control_fd) { return result(ioctl(control_fd, LOOP_CTL_GET_FREE)); }

int gcx_loop_configure(int loop_fd, int backing_fd) {
    struct loop_config config = {.fd = (uint32_t)backing_fd, .info.lo_flags = LO_FLAGS_AUTOCLEAR};
    return result(ioctl(loop_fd, LOOP_CONFIGURE, &config));
}

int gcx_open_in_root(int directory_fd, const char *path) {
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_IN_ROOT};
    return result(syscall(SYS_openat2, directory_fd, path, &how, sizeof how));
}

int gcx_spawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path) {
    return -posix_spawn_file_actions_addchdir_np(actions, path);
}

int gcx_spawn_add_close_from(posix_spawn_file_actions_t *actions, int first) {
    return -posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int gcx_spawn_new_session(void) { return POSIX_SPAWN_SETSID; }

int gcx_set_pipe_size(int fd, int bytes) { return result(fcntl(fd, F_SETPIPE_SZ, bytes)); }

int gcx_open_unnamed(const char *directory) {
    return result(open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

int gcx_set_lease(int fd, int kind) { return result(fcntl(fd, F_SETLEASE, kind)); }

int gcx_pipe(int ends[2]) { return result(pipe2(ends, O_CLOEXEC)); }

const char *gcx_errno_name(int number) { return strerrorname_np(number); }

const char *gcx_own_file(void) {
    Dl_info found;
    return dladdr((const void *)&gcx_own_file, &found) ? found.dli_fname : NULL;
}
