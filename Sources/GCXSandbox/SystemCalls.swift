/// The system calls a job may make. What is not listed answers ENOSYS, so that programs fall back to older calls.
///
/// The list is for one architecture: a filter for three costs 9 ms more at every start. It was written for jobs that
/// compute: files, memory, threads, local and loopback sockets. It leaves out everything that administers a machine,
/// everything whose namespace is the whole machine, and the interfaces where most escapes of recent years began
/// (io_uring, bpf, userfaultfd, keyrings, new mount calls, user namespaces inside the job); and what the kernel counts for
/// the whole machine (`io_setup`, whose slots are `fs.aio-max-nr`). Calls that are right or wrong by what is asked of them
/// are in `SystemCallArguments`.
package enum SystemCalls {
    /// Calls with a common reason.
    package struct Group: Sendable {
        package let reason: String
        package let calls: [String]

        init(_ reason: String, _ calls: String) {
            self.reason = reason
            self.calls = calls.split { $0.isWhitespace }.map(String.init)
        }
    }

    package static let groups: [Group] = [
        Group(
            "Open, read, write and close files; the mounts decide which files there are.",
            """
            read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 openat openat2 close close_range
            lseek dup dup3 fcntl flock ftruncate truncate fallocate fsync fdatasync sync syncfs sync_file_range
            readahead fadvise64 copy_file_range sendfile splice tee vmsplice ioctl
            """),
        Group(
            "Names, owners and attributes of files; owners outside the job's 65,536 ids do not exist for it.",
            """
            newfstatat fstat statx statfs fstatfs faccessat faccessat2 getdents64 getcwd chdir fchdir
            mkdirat unlinkat renameat renameat2 linkat symlinkat readlinkat mknodat fchmod fchmodat fchmodat2 fchown
            fchownat umask utimensat getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr
            fsetxattr removexattr lremovexattr fremovexattr
            """),
        Group(
            "Memory of the job itself; its control group bounds how much.",
            """
            brk munmap mprotect mremap madvise mincore msync mlock mlock2 munlock mlockall munlockall membarrier pkey_alloc pkey_free pkey_mprotect get_mempolicy mbind set_mempolicy set_mempolicy_home_node
            """),
        Group(
            "Processes and threads; `clone` stands apart below, and clone3 is left out because its flags cannot be seen.",
            """
            execve execveat exit exit_group wait4 waitid set_tid_address set_robust_list get_robust_list rseq futex
            futex_waitv gettid getpid getppid getpgid setpgid getsid setsid kill tkill tgkill restart_syscall
            pidfd_open pidfd_send_signal arch_prctl getrusage times prlimit64 getrlimit setrlimit getpriority
            setpriority
            """),
        Group(
            "Placement on the CPUs that the job has.",
            """
            sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler
            sched_setscheduler sched_getattr sched_setattr sched_get_priority_min sched_get_priority_max
            sched_rr_get_interval getcpu ioprio_get ioprio_set
            """),
        Group(
            "Who am I, and becoming another id of the job; no capability is there to become more.",
            """
            getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid
            setresgid setgroups setfsuid setfsgid capget capset uname sysinfo getrandom landlock_create_ruleset
            landlock_add_rule landlock_restrict_self
            """),
        Group(
            "Signals within the job's own process namespace.",
            """
            rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo
            rt_sigsuspend sigaltstack signalfd4
            """),
        Group(
            "Reading clocks, waiting and timers; no clock can be set.",
            """
            clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday getitimer setitimer timer_create
            timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime
            """),
        Group(
            "Waiting for events.",
            """
            poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd2
            inotify_init1 inotify_add_watch inotify_rm_watch
            """),
        Group(
            "Pipes, queues and shared memory, all within the job's own namespace.",
            """
            pipe2 shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open
            mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr process_vm_readv process_vm_writev
            """),
        Group(
            "Using sockets; `socket`, `socketpair` and `setsockopt` stand apart.",
            """
            bind listen accept accept4 connect getsockname getpeername getsockopt sendto recvfrom sendmsg recvmsg
            sendmmsg recvmmsg shutdown
            """),
    ]

    /// Older names that only x86-64 has; programs built for it still use them.
    package static let x86 = Group(
        "The same as above under the names of x86-64's first ABI.",
        """
        open creat stat lstat access getdents mkdir rmdir unlink rename link symlink readlink mknod chmod chown lchown
        utime utimes futimesat dup2 pipe fork vfork time alarm pause getpgrp epoll_create eventfd signalfd
        inotify_init
        """)

    /// The filter as the OCI configuration carries it.
    package static func profile() -> OCIBundle.Seccomp {
        #if arch(x86_64)
            let (architecture, more) = ("SCMP_ARCH_X86_64", [x86])
        #else
            let (architecture, more) = ("SCMP_ARCH_AARCH64", [Group]())
        #endif
        // bounded: joins lists
        var rules = (groups + more).map { OCIBundle.SeccompRule(names: $0.calls, action: allow) }
        rules += SystemCallArguments.rules  // bounded: joins lists
        return OCIBundle.Seccomp(
            defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38, architectures: [architecture], syscalls: rules)
    }

    static let allow = "SCMP_ACT_ALLOW"
}
