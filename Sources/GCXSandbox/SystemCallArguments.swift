/// Calls that a job may make with some arguments only. The rest answers ENOSYS, as a call does that is not listed.
///
/// The filter sees 64 bits of each argument where the kernel takes 32 of many. So every rule says what is allowed, by
/// equality, by a mask or from below: with rubbish in the upper half nothing more is allowed than without.
enum SystemCallArguments {
    typealias Rule = OCIBundle.SeccompRule
    typealias Argument = OCIBundle.SeccompArgument

    static var rules: [Rule] {
        [
            // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET and NEWTIME: a job makes no namespaces.
            allow("clone", mask(0, 0x7E02_0080, 0)),
            // Huge pages are the machine's, and count to no control group: MAP_HUGETLB, MFD_HUGETLB, SHM_HUGETLB.
            allow("mmap", mask(3, 0x40000, 0)), allow("memfd_create", mask(1, 4, 0)),
            allow("shmget", mask(2, 0o4000, 0)),
            // What filters of a job compile to counts to nobody, and all of the machine share net.core.bpf_jit_limit.
            // SECCOMP_GET_ACTION_AVAIL only says which there are.
            allow("seccomp", equal(0, 2)),
            // The personalities that change nothing about protection: the plain one, and asking which it is.
            allow("personality", equal(0, 0)), allow("personality", equal(0, 0xFFFF_FFFF)),
        ] + processOptions + sockets + socketOptions  // bounded: joins lists
    }

    /// All of prctl but PR_SET_SECCOMP (22), by ranges, and PR_SET_VMA, by which allocators name their memory.
    private static let processOptions =
        [allow("prctl", below(0, 22)), allow("prctl", equal(0, 23)), allow("prctl", equal(0, 0x5356_4D41))]
        + stride(from: UInt64(24), to: 80, by: 8).map { allow("prctl", mask(0, ~7, $0)) }

    /// Local; TCP and UDP over IPv4 and IPv6; of netlink only what lists interfaces and addresses (NETLINK_ROUTE), which
    /// getaddrinfo(3) and getifaddrs(3) ask. By another netlink, NETLINK_USERSOCK, processes send each other what counts
    /// to nobody's memory; other families, vsock above all, reach past the network namespace.
    private static let sockets: [Rule] = {
        let (local, internet, netlink): (UInt64, [UInt64], UInt64) = (1, [2, 10], 16)
        let (stream, datagram, raw): (UInt64, UInt64, UInt64) = (1, 2, 3)
        var rules = [allow("socket", equal(0, local)), allow("socketpair", equal(0, local))]
        for family in internet {
            for (type, numbers) in [(stream, [0, 6]), (datagram, [0, 17])] as [(UInt64, [UInt64])] {
                // bounded: joins lists
                rules += numbers.map { allow("socket", equal(0, family), kind(type), equal(2, $0)) }
            }
            // As the kernel answers who lacks the capability; programs like ping try this first.
            rules.append(
                Rule(names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [equal(0, family), kind(raw)]))
        }
        // bounded: joins lists
        return rules + [datagram, raw].map { allow("socket", equal(0, netlink), kind($0), equal(2, 0)) }
    }()

    /// The type of a socket is in the lower four bits; above are SOCK_NONBLOCK and SOCK_CLOEXEC.
    private static func kind(_ type: UInt64) -> Argument { mask(1, 0xF, type) }

    /// Options by level: all below a number, and some more. Left out is what makes the kernel hold memory that counts to
    /// nobody: filters (SO_ATTACH_FILTER and its like), membership of groups, flow labels (4,096 for the whole machine),
    /// keys of TCP_MD5SIG and TCP_AO; and what loads code of the kernel (TCP_ULP).
    static let options: [(level: UInt64, below: UInt64, more: [UInt64])] = [
        (level: 1, below: 26, more: [29, 34, 35, 37, 40, 42, 45, 46, 47, 49, 63, 64, 65, 66, 67, 69]),
        (level: 0, below: 16, more: [21, 24, 32, 33, 34, 49, 50]),
        (level: 41, below: 2, more: [16, 17, 18, 19, 23, 24, 25, 26, 49, 51, 62, 66, 67, 70, 72]),
        (level: 6, below: 14, more: [16, 17, 18, 23, 24, 25, 30, 36]),
        (level: 17, below: 2, more: [103, 104]),
        (level: 270, below: 13, more: []),
    ]

    private static let socketOptions: [Rule] = options.flatMap { option in
        [below(2, option.below)].map { allow("setsockopt", equal(1, option.level), $0) }
            + option.more.map { allow("setsockopt", equal(1, option.level), equal(2, $0)) }  // bounded: joins lists
    }

    private static func allow(_ call: String, _ arguments: Argument...) -> Rule {
        Rule(names: [call], action: SystemCalls.allow, args: arguments)
    }

    private static func equal(_ index: UInt32, _ value: UInt64) -> Argument {
        Argument(index: index, value: value, valueTwo: 0, op: "SCMP_CMP_EQ")
    }

    /// The bits of `mask` are those of `value`.
    private static func mask(_ index: UInt32, _ mask: UInt64, _ value: UInt64) -> Argument {
        Argument(index: index, value: mask, valueTwo: value, op: "SCMP_CMP_MASKED_EQ")
    }

    private static func below(_ index: UInt32, _ value: UInt64) -> Argument {
        Argument(index: index, value: value, valueTwo: 0, op: "SCMP_CMP_LT")
    }
}
