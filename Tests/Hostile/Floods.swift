/// Takes as much as there is of what the whole machine shares. Each ends at a limit of its own, or for want of memory.
enum HostileFloods {
    /// Counts in Perl how often something can be had, at most `most` times.
    private static func flood(
        _ tries: String, _ step: String, most: Int, by stoppedBy: String, _ evidence: String = "stopped"
    ) -> Attack {
        Attack(
            tries,
            "ulimit -n 65536 2>/dev/null; perl -e '$n=0; while($n<\(most)){last unless \(step); $n++} print $n<\(most) ? \"stopped at $n\\n\" : \"ESCAPED\\n\"'",
            by: stoppedBy, evidence)
    }

    static let calls: [Attack] = [
        flood(
            "have all timers", "syscall(222,1,0,$t=pack(\"i\",0))!=-1", most: 1_000_000,
            by: "the limit of pending signals", ""),
        flood("have all watchers of files", "syscall(294,0)!=-1", most: 20_000, by: "the limit of its user namespace"),
        flood(
            "have all message queues", "do{$q=\"q$n\";syscall(240,$q,66,384,0)!=-1}", most: 20_000,
            by: "the limit of its ipc namespace"),
        flood(
            "have all shared memory", "syscall(29,0,1048576,896)!=-1", most: 20_000,
            by: "the limit of its ipc namespace", ""),
        flood(
            "have all semaphores", "syscall(64,0,250,896)!=-1", most: 100_000, by: "the limit of its ipc namespace", ""),
        Attack(
            "pin more memory than it has", "perl -e 'syscall(151,3); $x=\"x\" x 300000000; print \"ESCAPED\"'",
            by: "its memory limit", ""),
        Attack("be first in line for the disk", perl("syscall(251,1,0,8192)==0"), by: "no capability", "errno 1\n"),
        Attack(
            "raise the limits of its first process", perl("syscall(302,1,7,$x=pack(\"QQ\",1e6,1e9),0)==0"),
            by: "no capability", "errno 1\n"),
    ]

    static let all: [Attack] = [
        flood(
            "have all processes", "do{$p=fork;if(defined $p&&!$p){sleep 60;exit}defined $p}", most: 5_000,
            by: "the limit of tasks"),
        flood(
            "have all terminals", "open($f[$n],\"+<\",\"/dev/ptmx\")", most: 4_090,
            by: "the terminals kept back for the host", ""),
        // Each is looked up among all others, so the time goes by the square; it is the job's own.
        Attack(
            "hold very many file locks",
            "perl -e 'open(F,\">\",\"/tmp/l\");for(1..5000){fcntl(F,6,pack(\"s s x4 q q i x4\",1,0,2*$_,1,0))||last} print \"held\\n\"'",
            by: "its own memory and time", "held\n"),
        flood("have all sockets", "socket($s[$n],2,1,0)", most: 100_000, by: "the limit of open files", ""),
        Attack(
            "flood the kernel with requests about networks",
            "perl -e 'socket(S,16,3,0);for(1..20000){send(S,pack(\"L S S L L C x15\",32,18,0x301,$_,0,0),64)}print \"sent\\n\"'",
            by: "a network of its own", "sent\n"),
        Attack("fill the log", "head -c 30000000 /dev/zero; echo end >&2", by: "the limit of its log", ""),
        Attack(
            "fill its disk with one sparse file after the other",
            "i=0; while [ $i -lt 50 ]; do truncate -s 500G /output/s$i || break; i=$((i+1)); done; echo made",
            by: "an archive that keeps holes", "made\n"),
        Attack(
            "fork without end", "bomb() { bomb | bomb & }; bomb; sleep 1; echo over; kill -9 -1",
            by: "the limit of tasks", ""),
        Attack(
            "ignore every signal", "trap '' TERM INT HUP QUIT USR1 USR2 ALRM; (trap '' TERM; sleep 60) & echo over",
            by: "the end of its process namespace", "over\n"),
    ]
}
