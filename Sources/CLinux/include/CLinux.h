// One thin function per Linux call that Swift cannot reach: variadic calls, raw system calls and ioctl structures.
// No logic beyond the call. Each returns the call's result, or the negated errno, so that nothing can overwrite errno
// on the way. Delete a function when the Glibc module of the toolchain offers the call itself.
#ifndef GCX_CLINUX_H
#define GCX_CLINUX_H

#include <spawn.h>
#include <stdint.h>
#include <sys/types.h>

#include "Walls.h"

// CLOCK_BOOTTIME in nanoseconds: runs on while the machine sleeps.
uint64_t gcx_clock_boottime(void);
// adjtimex(2) without a change: 1 when the kernel's clock is not synchronised (STA_UNSYNC), 0 when it is.
int gcx_clock_unsynchronised(void);

// mount(2), umount2(2), unshare(2).
int gcx_mount(const char *source, const char *target, const char *type, uint64_t flags, const char *data);
int gcx_umount(const char *target, int flags);
int gcx_unshare(int flags);
// setns(2) with CLONE_NEWNET: the calling thread goes into the network namespace.
int gcx_enter_network(int network_namespace_fd);

// open_tree(2) with OPEN_TREE_CLONE: a private copy of the mount at `path` as a descriptor.
int gcx_open_tree_clone(const char *path);
// mount_setattr(2): sets `attributes` on the mount, and maps its owners through the user namespace.
int gcx_mount_setattr_idmap(int mount_fd, uint64_t attributes, int user_namespace_fd);
// move_mount(2): attaches the mount behind the descriptor at `target`.
int gcx_move_mount(int mount_fd, const char *target);
// clone(2), setresuid(2), setrlimit(2) and unshare(2) with CLONE_NEWUSER: the process id of a child that only waits, so
// that its namespace can be given a map and opened. The namespace is owned by `owner`, to whom the kernel counts what is
// used in it; what it may count in all is `limits`: pending signals, bytes of message queues, bytes of locked memory. No
// namespace of users can be made in it. The child dies with its parent.
int gcx_clone_user_namespace_holder(uint32_t owner, const uint64_t limits[3]);
// setrlimit(2) without the enumeration that Swift cannot pass on.
int gcx_set_resource_limit(int resource, uint64_t soft, uint64_t hard);

// prctl(2) with PR_SET_CHILD_SUBREAPER: orphans below this process come to it.
int gcx_set_child_subreaper(void);

// pidfd_open(2), pidfd_send_signal(2).
int gcx_pidfd_open(pid_t pid);
int gcx_pidfd_send_signal(int pid_fd, int signal);

// signalfd(2) over the signals of the mask, bit n for signal n; they are blocked in the calling thread first.
int gcx_signalfd(uint64_t mask);
// Reads one signal number from a signalfd; -EAGAIN when none is waiting.
int gcx_signalfd_read(int fd);

// LOOP_CTL_GET_FREE and LOOP_CONFIGURE with LO_FLAGS_AUTOCLEAR: the device lets go of the file at its last close.
int gcx_loop_get_free(int control_fd);
int gcx_loop_configure(int loop_fd, int backing_fd);

// openat2(2) with RESOLVE_IN_ROOT, read only: no link below `directory_fd` leads out of it.
int gcx_open_in_root(int directory_fd, const char *path);

// The GNU parts of posix_spawn(3), which the Glibc module leaves out: working directory, closing of all descriptors
// from `first` on, and the flag for a new session (POSIX_SPAWN_SETSID).
int gcx_spawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path);
int gcx_spawn_add_close_from(posix_spawn_file_actions_t *actions, int first);
int gcx_spawn_new_session(void);

// F_SETPIPE_SZ: the room of a pipe.
int gcx_set_pipe_size(int fd, int bytes);

// open(2) with O_TMPFILE: a new file in the directory that has no name, mode 0600.
int gcx_open_unnamed(const char *directory);
// fcntl(2) with F_SETLEASE: F_RDLCK or F_UNLCK on a descriptor that only reads.
int gcx_set_lease(int fd, int kind);

// pipe2(2) with O_CLOEXEC, and strerrorname_np(3): "EBUSY", or null for an unknown number.
int gcx_pipe(int ends[2]);
const char *gcx_errno_name(int number);

// dladdr(3) of this very function: the file, program or library, that this code was loaded from; null when unknown.
const char *gcx_own_file(void);

#endif
