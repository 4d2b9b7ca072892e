import Glibc

/// A user of this machine, as its account database names it.
package struct UserAccount: Equatable, Sendable {
    package let user: UInt32
    package let group: UInt32

    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }

    /// Who owns nothing: the kernel's own number for that.
    package static let nobody = UserAccount(user: 65_534, group: 65_534)

    /// The account of a name; nil where there is none.
    ///
    /// Source: getpwnam_r(3).
    package static func named(_ name: String) -> UserAccount? {
        var entry = unsafe passwd()
        var answer: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: LinuxLimits.groupBytesMax)
        return unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress,
                unsafe getpwnam_r(name, &entry, start, buffer.count, &answer) == 0, let found = unsafe answer
            else { return nil }
            return unsafe UserAccount(user: found.pointee.pw_uid, group: found.pointee.pw_gid)
        }
    }

    /// This process becomes this user for good: no group besides its own and one more, no capability, no way back.
    ///
    /// Source: setgroups(2), setgid(2), setuid(2): of root, all ids of each kind.
    /// - Precondition: called by root while the process has one thread, or of all its threads by the C library (nptl(7)).
    package func become(also other: UInt32? = nil) throws(LinuxError) {
        let groups = [group, other].compactMap(\.self)
        try posix("setgroups", "groups \(groups)") { unsafe setgroups(groups.count, groups) }
        try posix("setgid", "group \(group)") { setgid(group) }
        try posix("setuid", "user \(user)") { setuid(user) }
        // A process that could become root again has not given it up.
        guard user == 0 || setuid(0) != 0, geteuid() == user else {
            throw .malformed(object: "user \(user)", reason: "root was not given up")
        }
        for thread in try Files.names(in: "/proc/self/task") {
            let lines = (try? Files.text("/proc/self/task/\(thread)/status"))?.split(separator: "\n") ?? []
            let users = lines.first { $0.hasPrefix("Uid:") }?.split(separator: "\t").dropFirst() ?? []
            guard users.allSatisfy({ $0 == "\(user)" }) else {
                throw .malformed(object: "thread \(thread)", reason: "it has not given up root")
            }
        }
    }
}
