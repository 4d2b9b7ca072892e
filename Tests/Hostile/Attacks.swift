/// Calls of the kernel that no job may make, tried as they are, by number, without a library in between.
enum HostileCalls {
    private static func call(_ tries: String, _ number: Int, _ arguments: String = "0", errno: Int = 38) -> Attack {
        Attack(
            tries, perl("syscall(\(number),\(arguments))!=-1"),
            by: errno == 38 ? "the filter of system calls" : "no capability", "errno \(errno)\n")
    }

    /// Numbers of x86-64.
    static let all: [Attack] = [
        call("load a program into the kernel (bpf)", 321, "0,0,0"),
        call("watch the processors' events (perf_event_open)", 298, "0,0,-1,-1,0"),
        call("handle page faults of the kernel (userfaultfd)", 323),
        call("hand work to the kernel's threads (io_uring_setup)", 425, "8,0"),
        call("read a keyring (keyctl)", 250, "0,-3,0"),
        call("add a key (add_key)", 248, "0,0,0,0,0"),
        call("ask for a key (request_key)", 249, "0,0,0,0"),
        call("load a kernel module (init_module)", 175, "0,0,0"),
        call("load a kernel module from a file (finit_module)", 313, "0,0,0"),
        call("remove a kernel module (delete_module)", 176, "0,0"),
        call("start another kernel (kexec_load)", 246, "0,0,0,0"),
        call("hold another process (ptrace)", 101, "16,1,0,0"),
        call("take a descriptor of another process (pidfd_getfd)", 438, "0,0,0"),
        call("mount (mount)", 165, "0,0,0,0,0"),
        call("unmount (umount2)", 166, "0,0"),
        call("change the root (pivot_root)", 155, "0,0"),
        call("change the root (chroot)", 161, "0"),
        call("open a mount tree (open_tree)", 428, "-100,0,0"),
        call("move a mount (move_mount)", 429, "-100,0,-100,0,0"),
        call("begin a file system (fsopen)", 430, "0,0"),
        call("change what a mount permits (mount_setattr)", 442, "-100,0,0,0,0"),
        call("enter a namespace (setns)", 308, "0,0"),
        call("make a namespace (unshare)", 272, "0x10000000"),
        call("make a process in a new user namespace (clone)", 56, "0x10000011,0,0,0,0"),
        call("make a process with flags that no filter sees (clone3)", 435, "0,0"),
        call("open a file by its handle, past all paths (open_by_handle_at)", 304, "-100,0,0"),
        call("watch the whole file system (fanotify_init)", 300, "0,0"),
        call("swap (swapon)", 167, "0,0"),
        call("restart the machine (reboot)", 169, "0,0,0,0"),
        call("rename the machine (sethostname)", 170, "0,0"),
        call("set the clock (settimeofday)", 164, "0,0"),
        call("set the clock (clock_settime)", 227, "0,0"),
        call("read the kernel's log (syslog)", 103, "3,0,0"),
        call("reach the machine's ports (iopl)", 172, "3"),
        call("turn off address randomisation (personality)", 135, "0x40000"),
        call("open a packet socket", 41, "17,3,0"),
        call("reach the hypervisor by vsock", 41, "40,1,0"),
        call("use the kernel's ciphers (AF_ALG)", 41, "38,5,0"),
        call("open a raw socket", 41, "2,3,1", errno: 1),
        call("send itself what counts to nobody (NETLINK_USERSOCK)", 41, "16,3,2"),
        call("listen to the kernel's events (NETLINK_KOBJECT_UEVENT)", 41, "16,0x80803,15"),
        call("ask for a socket's number in 64 bits (NETLINK_USERSOCK)", 41, "16,3,2|(1<<32)"),
        call("have a pair of netlink sockets", 53, "16,3,0,$p=pack(\"x8\")"),
        call("open a socket of several paths (MPTCP)", 41, "2,1,262"),
        call("take slots of asynchronous input (io_setup)", 206, "1,$c=pack(\"Q\",0)"),
    ]
}

/// Files, devices, processes and networks, tried with the tools that are in every image.
enum HostileTools {
    /// Connects by TCP to an IPv4 address, its bytes separated by commas.
    private static func connect(_ address: String, _ port: UInt16) -> String {
        "perl -e 'socket(S,2,1,0); print connect(S,pack(\"S n C4 x8\",2,\(port),\(address))) ? \"ESCAPED\" : \"$!\"'"
    }

    static let kernelFiles: [Attack] = [
        Attack(
            "have the kernel run a program of ours when another crashes",
            "echo '|/tmp/x' > /proc/sys/kernel/core_pattern && echo ESCAPED", by: "a read-only /proc/sys",
            "Read-only file system"),
        Attack(
            "have the machine restart itself", "echo 1 > /proc/sys/kernel/panic && echo ESCAPED",
            by: "a read-only /proc/sys", "Read-only file system"),
        Attack(
            "write to /sys", "echo 1 > /sys/kernel/mm/ksm/run && echo ESCAPED", by: "a read-only /sys",
            "Read-only file system"),
        Attack(
            "read the memory of the kernel", "head -c 4 /proc/kcore | wc -c", by: "a masked file", "0\n"),
        Attack("read the firmware's tables", "ls /sys/firmware | wc -l", by: "a masked directory", "0\n"),
        Attack(
            "find a device of the machine",
            "for d in vda sda nvme0n1 loop0 loop-control mem kmsg kvm fuse net/tun; do test -e /dev/$d && echo ESCAPED; done; echo none",
            by: "a /dev of its own", "none\n"),
        Attack(
            "make a device", "mknod /tmp/disk b 254 0 && echo ESCAPED", by: "no capability", "Operation not permitted"),
        Attack(
            "take the machine's /dev/null for itself",
            "chmod 600 /dev/null && echo ESCAPED; ls -ln /dev/null | grep -q ' 0 ' && echo ESCAPED; echo none",
            by: "standard streams that are nobody's", "none\n"),
        Attack(
            "be killed last", "echo -1000 > /proc/self/oom_score_adj && echo ESCAPED", by: "no capability",
            "Permission denied"),
        Attack(
            "leave its control group",
            "for f in $(find /sys/fs/cgroup -name cgroup.procs 2>/dev/null); do echo 0 > $f && echo ESCAPED; done; echo none",
            by: "a /sys without control groups that may be written", "none\n"),
        Attack(
            "write over the program that is running", "echo x > /proc/1/exe && echo ESCAPED; echo over",
            by: "a read-only image", "over\n"),
    ]

    static let files: [Attack] = [
        Attack(
            "climb above the root", "cat /../../../../proc/1/root/../../CANARY || echo none", by: "a root of its own",
            "none\n"),
        Attack(
            "find a descriptor that was left open",
            "for f in /proc/1/fd/*; do readlink $f; done | grep -v -e ^pipe: -e ^/dev/null -e ^/proc/ | grep . && echo ESCAPED; echo none",
            by: "descriptors closed at the start", "none\n"),
        Attack(
            "become somebody else", perl("syscall(105,1000)==0"), by: "no capability", "errno 1\n"),
        Attack(
            "keep an input by a hard link", "ln /input/data /output/kept && echo ESCAPED", by: "two mounts",
            "Invalid cross-device link"),
        Attack(
            "write to its input", "echo x >> /input/data && echo ESCAPED", by: "a read-only mount",
            "Read-only file system"),
        Attack(
            "fill the disk with empty files",
            "i=0; while [ $i -lt 200000 ]; do : > /tmp/$i || break; i=$((i+1)); done",
            by: "a writable layer of its own", "No space left on device"),
        Attack(
            "fill the disk with one file", "dd if=/dev/zero of=/output/x bs=1M; rm /output/x",
            by: "a writable layer of its own", "No space left on device"),
        Attack(
            "fill the owner's disk by an output that is a terabyte of nothing",
            "truncate -s 1000G /output/holes && echo made", by: "an archive that keeps holes", "made\n"),
        Attack(
            "open more files than it may", "ulimit -n 1000000000 && echo ESCAPED", by: "no capability",
            "Operation not permitted"),
    ]

    static let processes: [Attack] = [
        Attack(
            "kill the machine's processes",
            "for p in $(seq 300 6000); do kill -9 $p 2>/dev/null && echo $p; done | wc -l",
            by: "processes of its own", "0\n"),
        Attack(
            "run before everybody else", perl("setpriority(0,0,-20)"), by: "no capability", "errno 13\n"),
        Attack(
            "run in real time", perl("$p=pack(\"i\",50), syscall(144,0,1,$p)==0"), by: "no capability",
            "errno 1\n"),
        Attack(
            "type into the terminal that started it", perl("$x=\"x\", ioctl(STDIN,0x5412,$x)") + " </dev/null",
            by: "no terminal", "errno 25\n"),
        Attack(
            "fill its memory through files of memory", "dd if=/dev/zero of=/dev/shm/x bs=1M count=500 && echo ESCAPED",
            by: "memory of files that counts as its own", ""),
    ]

    static func network(listening port: UInt16) -> [Attack] {
        [
            Attack(
                "reach a service on the machine's loopback", connect("127,0,0,1", port), by: "a network of its own",
                "refused"),
            Attack(
                "ask the cloud for its credentials", connect("169,254,169,254", 80), by: "no route", "unreachable"),
            Attack("reach the provider's network", connect("192,168,0,1", 22), by: "no route", "unreachable"),
            Attack(
                "make an interface", "ip link add d0 type dummy && echo ESCAPED", by: "no capability",
                "Operation not permitted"),
            Attack(
                "bring up a route", "ip route add default dev lo && echo ESCAPED", by: "no capability",
                "Operation not permitted"),
        ]
    }
}
