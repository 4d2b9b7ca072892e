/// Ways out that were found in other sandboxes, and what lies on the host for whoever gets out.
enum HostileEscapes {
    static func all(from host: HostileHost) -> [Attack] {
        files(of: host) + sockets(of: host) + runtime + groups + kernel + output
    }

    private static func files(of host: HostileHost) -> [Attack] {
        [
            Attack(
                "read the agent's files by their paths",
                "cat \(host.canaries.joined(separator: " ")) 2>/dev/null; ls \(host.root) 2>/dev/null && echo ESCAPED; echo none",
                by: "a root of its own", "none\n"),
            Attack(
                "read the agent's files through other processes",
                "for p in /proc/[0-9]*; do cat $p/root\(host.canaries[0]) $p/cwd/\(host.canaries[0]) 2>/dev/null; done; echo none",
                by: "processes of its own", "none\n"),
            Attack(
                "find the paths of the host in what the kernel tells",
                "grep -c \(host.root)/state/jobs /proc/self/mountinfo",
                by: "mounts made in a namespace that went away", "0\n"),
            Attack(
                "find where its own files lie on the host",
                "grep -e \(host.root) -e /gcx-test -e /var/ /proc/self/mountinfo && echo ESCAPED; echo none",
                by: "an input that is the root of a file system of its own", "none\n"),
            Attack(
                "find the files of other jobs by their loop devices",
                "find /sys -name backing_file 2>/dev/null; cat /sys/block/loop*/loop/backing_file /sys/devices/virtual/block/loop*/loop/backing_file /sys/class/block/loop*/loop/backing_file 2>/dev/null && echo ESCAPED; echo none",
                by: "masked directories", "none\n"),
            Attack(
                "watch what others read and write",
                "find /sys/devices /sys/class -name stat 2>/dev/null | grep block && echo ESCAPED; cat /sys/block/*/stat /proc/diskstats /proc/partitions 2>/dev/null | grep . && echo ESCAPED; ls /proc/fs/ext4 /proc/fs/jbd2 /sys/fs/ext4 2>/dev/null | grep . && echo ESCAPED; echo none",
                by: "masked files and directories", "none\n"),
        ]
    }

    private static func sockets(of host: HostileHost) -> [Attack] {
        [
            Attack(
                "speak to the agent over its socket",
                perl("socket(S,1,1,0),connect(S,pack(\"S a108\",1,\"\(host.socket)\"))"), by: "a root of its own",
                "errno 2\n"),
            Attack(
                "speak to a service of the host over a socket without a path",
                perl("socket(S,1,1,0),connect(S,pack(\"S\",1).\"\\0\(host.abstractSocket)\")"),
                by: "a network of its own", "errno 111\n"),
            Attack(
                "listen where the host's programs will look",
                perl("socket(S,1,1,0),bind(S,pack(\"S a108\",1,\"/run/gcx/agent.sock\"))"), by: "a read-only image",
                "errno "),
        ]
    }

    /// CVE-2019-5736, CVE-2024-21626 and their kin.
    private static let runtime: [Attack] = [
        Attack(
            "write over the runtime while it enters the job",
            "i=0; while [ $i -lt 200 ]; do for e in /proc/[0-9]*/exe; do (echo x >> $e) 2>/dev/null && echo ESCAPED; done; i=$((i+1)); done; echo over",
            by: "a runtime that runs from a sealed copy", "over\n"),
        {
            var attack = Attack(
                "be started as the runtime itself (#!/proc/self/exe)", "", by: "a runtime that runs from a sealed copy",
                "")
            attack.program = ["/bin/itself"]
            return attack
        }(),
        Attack(
            "find a descriptor that the runtime left open",
            "perl -e 'for(3..4095){print \"ESCAPED \".readlink(\"/proc/self/fd/$_\") if -l \"/proc/self/fd/$_\"} print \"none\\n\"'",
            by: "descriptors closed at the start", "none\n"),
        Attack(
            "climb out of its working directory",
            "cd /proc/self/cwd/../../../../../..; cat \(HostileHost.canaryName) state/*/* 2>/dev/null; pwd",
            by: "a working directory within its root", "/"),
        Attack(
            "become another user by a program with the bit set",
            "/bin/other -e 'print $>==0 ? \"same\\n\" : \"ESCAPED\\n\"'",
            by: "no new privileges and nosuid", "same\n"),
        Attack(
            "type into the terminal of its starter",
            "perl -e 'open(T,\"+<\",\"/dev/tty\") and print \"ESCAPED\"; print \"errno \".($!+0).\"\\n\"'",
            by: "no terminal", "errno 6\n"),
        Attack("dump core where it likes", "ulimit -c unlimited && echo ESCAPED", by: "no capability", "not permitted"),
        Attack(
            "stop or kill what keeps it in order", "kill -STOP 1; kill -KILL 1; kill -TERM 1; echo alive",
            by: "a first process that no signal from within reaches", "alive\n"),
    ]

    private static let groups: [Attack] = [
        Attack(
            "have the kernel run a program when a control group is empty (release_agent)",
            "for f in $(find /sys /proc -name release_agent -o -name notify_on_release 2>/dev/null); do echo /tmp/x > $f && echo ESCAPED; done; echo none",
            by: "control groups that are not in sight", "none\n"),
        Attack(
            "mount control groups of its own",
            "mkdir /tmp/g; mount -t cgroup -o memory c /tmp/g && echo ESCAPED; mount -t cgroup2 c /tmp/g && echo ESCAPED; echo none",
            by: "the filter of system calls", "none\n"),
        Attack(
            "lift its own limits",
            "for f in $(find / -name memory.max -o -name memory.limit_in_bytes -o -name pids.max 2>/dev/null); do echo 9999999999 > $f && echo ESCAPED; done; echo none",
            by: "control groups that are not in sight", "none\n"),
    ]

    private static let kernel: [Attack] = [
        Attack(
            "have the kernel call a helper (uevent_helper)", "echo /tmp/x > /sys/kernel/uevent_helper && echo ESCAPED",
            by: "a read-only /sys", "can't create"),
        Attack(
            "register a format of programs (binfmt_misc)",
            "echo ':x:M::xx::/tmp/x:' > /proc/sys/fs/binfmt_misc/register && echo ESCAPED", by: "a read-only /proc/sys",
            "can't create"),
        Attack(
            "name the program that loads modules (modprobe)", "echo /tmp/x > /proc/sys/kernel/modprobe && echo ESCAPED",
            by: "a read-only /proc/sys", "can't create"),
        Attack(
            "press the magic key", "echo h > /proc/sysrq-trigger && echo ESCAPED", by: "a read-only file",
            "can't create"),
        Attack(
            "look into the kernel through debugfs and tracefs",
            "ls /sys/kernel/debug /sys/kernel/tracing /sys/fs/bpf 2>/dev/null | grep -v : | grep -c .",
            by: "file systems that are not mounted", "0\n"),
        Attack(
            "make devices of every kind",
            "for t in 'c 1 1' 'c 1 11' 'b 7 0' 'b 8 0' 'c 10 200' 'c 10 229' 'c 10 237' 'c 5 1'; do mknod /tmp/n $t 2>/dev/null && echo ESCAPED; done; echo none",
            by: "no capability", "none\n"),
        Attack(
            "mount file systems with code of its own (overlay, fuse, loop)",
            "mkdir /tmp/a /tmp/b /tmp/c /tmp/d; mount -t overlay o -o lowerdir=/tmp/a,upperdir=/tmp/b,workdir=/tmp/c /tmp/d && echo ESCAPED; mount -t tmpfs t /tmp/d && echo ESCAPED; mount -t proc p /tmp/d && echo ESCAPED; losetup /dev/loop0 /tmp/x && echo ESCAPED; echo none",
            by: "the filter of system calls", "none\n"),
        Attack(
            "read the kernel's addresses", "awk '$1 !~ /^0+$/ {print \"ESCAPED\"; exit}' /proc/kallsyms; echo none",
            by: "no capability", "none\n"),
    ]

    private static let output: [Attack] = [
        Attack(
            "hand its buyer an output that leads to the buyer's own files",
            "ln -s \(HostileHost.link) /output/absolute; ln -s ../../../../../../../..\(HostileHost.link) /output/up; mkdir /output/dir; ln -s / /output/root; mkfifo /output/pipe; echo made",
            by: "an archive that is unpacked without following a link", "made\n"),
        Attack(
            "hand its buyer names that are no names",
            "cd /output; touch -- '-rf' 'a\nb' ' ' \"$(printf 'x\\377y')\" \"$(printf '%0255d' 0)\"; echo made",
            by: "names that are only bytes", "made\n"),
        Attack(
            "nest directories too deeply to be removed",
            "cd /output; perl -e 'for(1..300){mkdir \"d\"; chdir \"d\"} print \"made\\n\"'; rm -rf /output/d",
            by: "a writable layer that is removed as one file", "made\n"),
        Attack(
            "swap a directory of its output for a link while it is packed",
            "mkdir /output/x; (while :; do mv /output/x /output/y; ln -s / /output/x; rm /output/x; mv /output/y /output/x; done) 2>/dev/null & echo made",
            by: "an archive that is packed when no process is left", "made\n"),
    ]
}
