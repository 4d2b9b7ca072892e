/// Something of the kernel that all of the machine has together: how a job takes as much of it as it can, and what the
/// host and another job must still be able to do meanwhile. The table in README.md has a row for each.
package struct SharedObject: Sendable {
    package let name: String
    /// Run by the job's shell. It says FULL when it has what it can get and holds it; a job may end before, too.
    let flood: String
    /// Stands in what the flood wrote; empty when it is ended without a word.
    let evidence: String
    /// Perl that says CAN, run by root of the host and by another job. Nil where a job may not have the thing at all.
    let hostNeed: String
    let jobNeed: String?

    init(_ name: String, flood: String, says evidence: String = "FULL", need: String, ofJobs: Bool = true) {
        (self.name, self.flood, self.evidence, hostNeed) = (name, flood, evidence, need)
        jobNeed = ofJobs ? need : nil
    }

    package static let all: [SharedObject] = {
        #if arch(x86_64)
            counted + refused + buffers + memory
        #else
            []
        #endif
    }()

    /// Takes something in Perl again and again, at most `most` times, and holds it.
    private static func take(_ step: String, most: Int, before: String = "") -> String {
        "ulimit -n $(ulimit -Hn); perl -e '$|=1; \(before); $n=0; while($n<\(most)){last unless \(step); $n++} print \"FULL at $n of \(most), errno \",$!+0,\"\\n\"; sleep 600'"
    }

    /// Tries something in Perl that must be refused with `errno`.
    private static func refuse(_ step: String) -> String {
        "perl -e 'print((\(step)) ? \"ESCAPED\\n\" : \"errno \".($!+0).\"\\n\")'"
    }

    private static func can(_ expression: String) -> String {
        "print((\(expression)) ? \"CAN\\n\" : \"errno \".($!+0).\"\\n\")"
    }

    /// A signal of a queue, sent to the process itself, which has blocked it.
    private static let blockSignal =
        "$m=pack(\"Q\",1<<33); syscall(14,0,$m,0,8); $i=pack(\"i i i x4 i i x104\",34,0,-1,$$,0)"
    private static let sendSignal = "syscall(129,$$+0,34,$i)!=-1"

    /// What the kernel counts by user, by namespace or for the whole machine.
    private static let counted: [SharedObject] = [
        SharedObject(
            "inotify instances", flood: take("syscall(294,0)!=-1", most: 20_000), need: can("syscall(294,0)!=-1")),
        SharedObject(
            "inotify watches",
            flood: take(
                "do{$p=\"/tmp/w$n\"; open(F,\">\",$p); close F; syscall(254,$f,$p,2)!=-1}", most: 20_000,
                before: "$f=syscall(294,0)"),
            says: "", need: can("($f=syscall(294,0))!=-1 && syscall(254,$f,$p=\"/tmp\",2)!=-1")),
        SharedObject(
            "timers", flood: take("syscall(222,1,0,$t=pack(\"i\",0))!=-1", most: 200_000), says: "",
            need: can("syscall(222,1,0,$t=pack(\"i\",0))!=-1")),
        SharedObject(
            "pending signals", flood: take(sendSignal, most: 200_000, before: blockSignal), says: "",
            need: "\(blockSignal); \(can(sendSignal))"),
        SharedObject(
            "message queues", flood: take("do{$q=\"q$n\"; syscall(240,$q,66,384,0)!=-1}", most: 20_000),
            need: can("syscall(240,$q=\"gcx-need-$$\",66,384,0)!=-1 && syscall(241,$q)==0")),
        SharedObject(
            "System V shared memory", flood: take("syscall(29,0,4096,896)!=-1", most: 20_000), says: "",
            need: can("($s=syscall(29,0,4096,896))!=-1 && syscall(31,$s,0,0)==0")),
        SharedObject(
            "System V semaphores", flood: take("syscall(64,0,250,896)!=-1", most: 40_000), says: "",
            need: can("($s=syscall(64,0,1,896))!=-1 && syscall(66,$s,0,0,0)!=-1")),
        SharedObject(
            "pipes", flood: take("pipe($r[$n],$w[$n]) && fcntl($w[$n],1031,1<<20)", most: 20_000),
            need: can("pipe(R,W) && fcntl(W,1031,1<<17) && syswrite(W,\"x\" x 70000)==70000")),
        SharedObject(
            "terminals", flood: take("open($f[$n],\"+<\",\"/dev/ptmx\")", most: 5_000),
            need: can("open(F,\"+<\",\"/dev/ptmx\")")),
        SharedObject(
            "open files", flood: take("open($f[$n],\"<\",\"/dev/null\")", most: 100_000),
            says: "", need: can("open(F,\"<\",\"/dev/null\")")),
        SharedObject(
            "tasks", flood: take("do{$p=fork; if(defined $p && !$p){sleep 600; exit} defined $p}", most: 5_000),
            need: can("do{$p=fork; exit if defined $p && !$p; defined $p}")),
        SharedObject(
            "file locks",
            flood: take(
                "fcntl(F,6,pack(\"s s x4 q q i x4\",1,0,2*$n,1,0))", most: 5_000, before: "open(F,\">\",\"/tmp/l\")"),
            need: can(
                "open(F,\">\",$p=\"/tmp/gcx-need-$$\") && unlink($p) && fcntl(F,6,$k=pack(\"s s x4 q q i x4\",1,0,0,1,0))"
            )
        ),
    ]

    /// What has no bound for each job, and so no job has it.
    private static let refused: [SharedObject] = [
        SharedObject(
            "asynchronous input and output", flood: refuse("syscall(206,128,$c=pack(\"Q\",0))!=-1"), says: "errno 38\n",
            need: can("syscall(206,128,$c=pack(\"Q\",0))==0"), ofJobs: false),
        SharedObject(
            "keys", flood: refuse("syscall(248,$t=\"user\",$d=\"d\",$p=\"p\",1,-2)!=-1"), says: "errno 38\n",
            need: can("syscall(248,$t=\"user\",$d=\"gcx-need\",$p=\"p\",1,-2)!=-1"), ofJobs: false),
        SharedObject(
            "fanotify groups", flood: refuse("syscall(300,0,0)!=-1"), says: "errno 38\n",
            need: can("syscall(300,0,0)!=-1"), ofJobs: false),
        SharedObject(
            "netlink between processes", flood: refuse("socket(S,16,3,2)"), says: "errno 38\n",
            need: can("socket(S,16,3,2)"), ofJobs: false),
        SharedObject(
            "huge pages", flood: refuse("syscall(9,0,2097152,3,0x40022,-1,0)!=-1"), says: "errno 38\n",
            need: can("syscall(9,0,4096,3,0x22,-1,0)!=-1")),
        SharedObject(
            "code of filters",
            flood: refuse("socket(S,2,2,0) && setsockopt(S,1,26,pack(\"S x6 P\",1,$c=pack(\"S C C L\",6,0,0,1)))"),
            says: "errno 38\n",
            need: can("socket(S,2,2,0) && setsockopt(S,1,26,pack(\"S x6 P\",1,$c=pack(\"S C C L\",6,0,0,1)))"),
            ofJobs: false),
        SharedObject(
            "filters of system calls",
            flood: refuse(
                "syscall(317,1,0,$f=pack(\"S x6 P\",1,$c=pack(\"S C C L\",6,0,0,0x7fff0000)))!=-1 || syscall(157,22,2,0)!=-1"
            ),
            says: "errno 38\n", need: can("syscall(317,2,0,$c=pack(\"L\",0x7fff0000))==0")),
        SharedObject(
            "flow labels", flood: refuse("socket(S,10,1,0) && setsockopt(S,41,32,pack(\"x32\"))"), says: "errno 38\n",
            need: can("socket(S,10,1,0)")),
        SharedObject(
            "keys of connections", flood: refuse("socket(S,2,1,0) && setsockopt(S,6,14,pack(\"x216\"))"),
            says: "errno 38\n", need: can("socket(S,2,1,0)")),
        SharedObject(
            "namespaces of users", flood: refuse("syscall(272,0x10000000)!=-1"), says: "errno 38\n",
            need: can("syscall(272,0x10000000)!=-1"), ofJobs: false),
    ]

    /// Sends until nothing more fits, from one socket to another over loopback, pair after pair.
    private static func send(_ pair: String) -> String {
        take(
            "do{\(pair); for(1..300){last unless defined send($w[$n],$x,64)} 1}", most: 400, before: "$x=\"x\" x 32000")
    }

    /// What waits in sockets.
    private static let buffers: [SharedObject] = [
        SharedObject(
            "buffers of UDP sockets",
            flood: send(
                "socket($r[$n],2,2,0); setsockopt($r[$n],1,8,pack(\"i\",1<<22)); bind($r[$n],pack(\"S n C4 x8\",2,0,127,0,0,1)); socket($w[$n],2,2,0); connect($w[$n],getsockname($r[$n]))"
            ), says: "",
            need: can(
                "socket(R,2,2,0) && bind(R,pack(\"S n C4 x8\",2,0,127,0,0,1)) && socket(W,2,2,0) && connect(W,getsockname(R)) && send(W,\"x\" x 32000,0)==32000"
            )),
        SharedObject(
            "buffers of TCP sockets",
            flood: send(
                "socket($w[$n],2,1,0); setsockopt($w[$n],1,7,pack(\"i\",1<<22)); connect($w[$n],getsockname(L)); accept($r[$n],L)"
            ).replacing(
                "$x=\"x\" x 32000",
                with: "$x=\"x\" x 32000; socket(L,2,1,0); bind(L,pack(\"S n C4 x8\",2,0,127,0,0,1)); listen(L,128)"),
            says: "",
            need: can(
                "socket(L,2,1,0) && bind(L,pack(\"S n C4 x8\",2,0,127,0,0,1)) && listen(L,8) && socket(W,2,1,0) && connect(W,getsockname(L)) && send(W,\"x\" x 32000,0)==32000"
            )),
        SharedObject(
            "buffers of local sockets",
            flood: send("socketpair($w[$n],$r[$n],1,2,0); setsockopt($w[$n],1,7,pack(\"i\",1<<22))"), says: "",
            need: can("socketpair(R,W,1,2,0) && send(W,\"x\" x 32000,0)==32000")),
        SharedObject(
            "answers about networks",
            flood: take(
                "do{socket($s[$n],16,3,0) or last; setsockopt($s[$n],1,8,pack(\"i\",1<<22)); for(1..500){last unless defined send($s[$n],pack(\"L S S L L C x15\",32,18,0x301,$_,0,0),64)} 1}",
                most: 4_000), says: "",
            need: can(
                "socket(S,16,3,0) && send(S,pack(\"L S S L L C x15\",32,18,0x301,1,0,0),0)==32 && defined recv(S,$b,65536,0)"
            )),
        SharedObject(
            "sockets about networks", flood: take("socket($s[$n],16,3,0)", most: 60_000), says: "",
            need: can("socket(S,16,3,0)")),
    ]

    /// What the kernel keeps about memory and names.
    private static let memory: [SharedObject] = [
        SharedObject(
            "page tables",
            flood: take(
                "syscall(0,fileno(Z),$a+$n*2097152,1)==1", most: 200_000,
                before: "open(Z,\"<\",\"/dev/zero\"); $a=syscall(9,0,1<<42,3,0x4022,-1,0)"), says: "",
            need: can("length(\"x\" x 10000000)==10000000")),
        SharedObject(
            "names of files that are not there", flood: take("do{stat(\"/tmp/no-$n\"); 1}", most: 300_000),
            need: can("!stat(\"/tmp/gcx-need-no\")")),
        SharedObject(
            "watchers of events",
            flood: take(
                "do{$e=syscall(291,0); $e!=-1 && syscall(233,$e,1,fileno(P),$v=pack(\"L Q\",1,0))!=-1}", most: 60_000,
                before: "pipe(P,Q)"),
            says: "", need: can("($e=syscall(291,0))!=-1")),
    ]
}
