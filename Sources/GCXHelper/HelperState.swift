package import GCXLinux
import Glibc

/// The state directory, in which two users have what is theirs: root's is what the helper made, the rest is the agent's.
package struct HelperState: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// What the helper works in. None of it may have been put there by anybody else.
    private static let own = ["jobs", "history", "images", "templates"]
    private static let lock = "images.lock"
    /// What an agent that still was root has made.
    private static let agents = [
        "agent.sqlite", "agent.sqlite-wal", "agent.sqlite-shm", "agent.lock", "uploads", "evidence",
    ]

    /// Makes the directory, root's alone but for the group, who may make new things in it: the sticky bit keeps what is root's from
    /// being removed or replaced. What is root's is there before the group gets its right.
    ///
    /// - Throws: `LinuxError.malformed` when something lies in a place of root's that is not.
    package func prepare(for account: UserAccount) throws(LinuxError) {
        try Files.makeDirectories(path, mode: 0o700)
        let path = try Self.resolved(path)
        for name in Self.own {
            try Files.makeDirectories("\(path)/\(name)", mode: 0o700)
            try check("\(path)/\(name)", O_DIRECTORY)
        }
        let lock = "\(path)/\(Self.lock)"
        if !Files.exists(lock) { _ = try FileDescriptor.open(lock, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW) }
        try check(lock, O_NONBLOCK)
        for name in Self.agents { try handOver("\(path)/\(name)", to: account) }
        try Files.share(path, with: account.group, mode: 0o1770)
    }

    /// The owner may have named the directory by a link.
    private static func resolved(_ path: String) throws(LinuxError) -> String {
        guard let real = unsafe realpath(path, nil) else {
            throw .systemCall(operation: "resolve", object: path, errno: errno)
        }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// Throws unless it is this process's user's, and no link.
    private func check(_ path: String, _ flags: Int32) throws(LinuxError) {
        let file = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | flags)
        guard try file.status(path).st_uid == geteuid() else {
            throw .malformed(object: path, reason: "it was made by somebody else, and root works in there")
        }
    }

    /// Gives what is root's to the agent. Nobody else can have put it there: the group can make nothing that is root's.
    private func handOver(_ path: String, to account: UserAccount) throws(LinuxError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_uid == geteuid(), account.user != geteuid() else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            let directory = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            try Files.giveTree(in: directory.number, to: account.user, account.group)
        } else if status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 {
            guard unsafe lchown(path, account.user, account.group) == 0 else {
                throw .systemCall(operation: "chown", object: path, errno: errno)
            }
        }
    }
}
