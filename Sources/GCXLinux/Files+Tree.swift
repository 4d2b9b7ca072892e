import Glibc

extension Files {
    /// Removes a directory and all below it, without following a link out of it. What is not there is fine.
    ///
    /// A tree may come from a stranger: its names are bytes and not text, and it may be deeper than a process has
    /// descriptors or a path has room.
    ///
    /// - Complexity: one system call per entry, and at most ``LinuxLimits/treeLevelsMax`` descriptors.
    package static func removeTree(_ path: String) throws(LinuxError) {
        if unsafe unlink(path) == 0 || errno == ENOENT { return }
        guard isDirectoryError(errno) else { throw .systemCall(operation: "unlink", object: path, errno: errno) }
        let top = FileDescriptor(owning: try posix("open", path) { unsafe Glibc.open(path, directoryFlags) })
        var removal = TreeRemoval(top: top.number, path: path)
        // What lies too deep is moved up, and is gone with one of the next rounds.
        repeat { removal.isDone = true; try removal.empty(top.number, level: 0) } while !removal.isDone
        try posix("rmdir", path) { unsafe rmdir(path) }
    }

    /// The same for what lies directly below an open directory.
    package static func removeTree(named name: [CChar], in directory: Int32) throws(LinuxError) {
        if unsafe unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
        let label = "an entry of an open directory"
        guard isDirectoryError(errno) else { throw .systemCall(operation: "unlink", object: label, errno: errno) }
        let top = FileDescriptor(owning: try posix("open", label) { unsafe openat(directory, name, directoryFlags) })
        var removal = TreeRemoval(top: top.number, path: label)
        repeat { removal.isDone = true; try removal.empty(top.number, level: 0) } while !removal.isDone
        try posix("rmdir", label) { unsafe unlinkat(directory, name, AT_REMOVEDIR) }
    }

    /// The names in an open directory as the bytes they are, each with a zero at its end, in no order.
    package static func names(inOpen directory: Int32) throws(LinuxError) -> [[CChar]] {
        try TreeRemoval(top: directory, path: "an open directory").names(in: directory)
    }

    /// Gives all below an open directory, and it itself, to a user and a group. Links are given, never followed, and
    /// set-uid bits go, as with every change of owner.
    ///
    /// - Throws: ``LinuxError/malformed(object:reason:)`` for a tree deeper than ``LinuxLimits/givenLevelsMax``.
    package static func giveTree(in directory: Int32, to user: uid_t, _ group: gid_t) throws(LinuxError) {
        try giveTree(in: directory, to: user, group, level: 0)
    }

    private static func giveTree(
        in directory: Int32, to user: uid_t, _ group: gid_t, level: Int
    ) throws(LinuxError) {
        let label = "an open directory"
        guard level <= LinuxLimits.givenLevelsMax else { throw .malformed(object: label, reason: "it is too deep") }
        for name in try names(inOpen: directory) {
            let child = unsafe openat(directory, name, directoryFlags)
            if child >= 0 {
                let file = FileDescriptor(owning: child)
                try giveTree(in: file.number, to: user, group, level: level + 1)  // bounded: `givenLevelsMax` at most
            } else {
                try posix("chown", label) { unsafe fchownat(directory, name, user, group, AT_SYMLINK_NOFOLLOW) }
            }
        }
        try posix("chown", label) { fchown(directory, user, group) }
    }

    fileprivate static let directoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC

    /// What unlink(2) says about a directory, depending on the file system.
    fileprivate static func isDirectoryError(_ number: Int32) -> Bool {
        number == EISDIR || number == EPERM || number == ENOTEMPTY
    }
}

/// One removal of a tree on its way.
private struct TreeRemoval {
    let top: Int32
    let path: String
    var isDone = true
    private var moved = 0

    init(top: Int32, path: String) { (self.top, self.path) = (top, path) }

    /// Removes what is in the directory of that descriptor.
    mutating func empty(_ directory: Int32, level: Int) throws(LinuxError) {
        for name in try names(in: directory) {
            if unsafe unlinkat(directory, name, 0) == 0 || errno == ENOENT { continue }
            guard Files.isDirectoryError(errno) else {
                throw .systemCall(operation: "unlink", object: path, errno: errno)
            }
            if level == LinuxLimits.treeLevelsMax {
                try moveUp(directory, name)
                continue
            }
            let number = try posix("open", path) { unsafe openat(directory, name, Files.directoryFlags) }
            let child = FileDescriptor(owning: number)
            try empty(child.number, level: level + 1)  // bounded: `treeLevelsMax` at most
            try posix("rmdir", path) { unsafe unlinkat(directory, name, AT_REMOVEDIR) }
        }
    }

    /// Moves a directory to the top under a name that is free there.
    private mutating func moveUp(_ directory: Int32, _ name: [CChar]) throws(LinuxError) {
        isDone = false
        while unsafe renameat(directory, name, top, ".gcx-\(getpid())-\(moved)") != 0 {
            guard [EEXIST, ENOTEMPTY, ENOTDIR].contains(errno) else {
                throw .systemCall(operation: "rename", object: path, errno: errno)
            }
            moved += 1  // bounded: names that were tried one by one
        }
        moved += 1  // bounded: names that were tried one by one
    }

    /// The names in a directory as the bytes they are. They come through the descriptor, so that a directory swapped for
    /// a link is not followed.
    func names(in directory: Int32) throws(LinuxError) -> [[CChar]] {
        let own = try posix("open", path) { unsafe openat(directory, ".", Files.directoryFlags) }
        guard let stream = unsafe fdopendir(own) else {
            close(own)
            throw .systemCall(operation: "opendir", object: path, errno: errno)
        }
        defer { unsafe closedir(stream) }
        var found: [[CChar]] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
            }
            if name != [46, 0] && name != [46, 46, 0] { found.append(name) }
        }
        return found
    }
}
