// One thin function per Linux call that shuts a process in: namespaces, credentials, Landlock and seccomp, and the ways
// to open that no link leads astray. Each returns the call's result, or the negated errno.
#ifndef GCX_WALLS_H
#define GCX_WALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: nothing above `directory_fd` and no
// link is ever passed.
int gcx_open_beneath(int directory_fd, const char *path, uint64_t flags, uint64_t mode);
// openat2(2) with O_PATH, O_DIRECTORY and RESOLVE_IN_ROOT: the directory that a path names inside `directory_fd`.
int gcx_open_directory_in_root(int directory_fd, const char *path);

// setns(2) with CLONE_NEWUSER.
int gcx_enter_user_namespace(int user_namespace_fd);
// setgroups(2) with none, setresgid(2) and setresuid(2), by the raw calls: there is one thread.
int gcx_become(uid_t user, gid_t group);
// fork(2), prctl(2) with PR_SET_PDEATHSIG SIGKILL, pivot_root(2) of "." over itself.
int gcx_fork(void);
int gcx_die_with_parent(void);
int gcx_pivot_root_here(void);
// prctl(2) with PR_SET_NO_NEW_PRIVS.
int gcx_no_new_privileges(void);
// capset(2) and prctl(2) with PR_CAPBSET_DROP: keeps the capabilities of the mask, bit n for capability n.
int gcx_keep_capabilities(uint64_t mask);

// landlock_create_ruleset(2): the version that the kernel knows; -ENOSYS or -EOPNOTSUPP where it has none.
int gcx_landlock_version(void);
// landlock_create_ruleset(2), landlock_add_rule(2) and landlock_restrict_self(2): of `files`, only `allowed` beneath
// the directory (none when it is -1); of `network` and `scopes`, nothing. A kernel of an older version is passed zeros.
int gcx_landlock_restrict(int directory_fd, uint64_t files, uint64_t allowed, uint64_t network, uint64_t scopes);

// socketpair(2) of a pair that keeps messages apart, closed on exec.
int gcx_message_pair(int numbers[2]);
// sendmsg(2) and recvmsg(2) with SCM_RIGHTS: `count` open files in one message. What is received is closed on exec, and
// the answer is how many came; -EMSGSIZE for more than `most`, -EAGAIN for no message.
int gcx_send_files(int socket, const int *numbers, int count);
int gcx_receive_files(int socket, int *numbers, int most);
// The same with the bytes of a stream: as many as one call takes, or as are there; the files come with the first of them.
int gcx_send_part(int socket, const void *bytes, size_t length, const int *numbers, int count);
int gcx_receive_part(int socket, void *bytes, size_t length, int *numbers, int most, int *count);
// socketpair(2) of a stream, closed on exec; and the user and the process of the peer by SO_PEERCRED.
int gcx_stream_pair(int numbers[2]);
int gcx_peer_user(int socket, uint32_t *user);
int gcx_peer_process(int socket, int32_t *process);

// seccomp(2): of all system calls, only the list in Walls.c; everything else answers EPERM, and a call of another
// architecture ends the process.
int gcx_seccomp_reader(void);

#endif
