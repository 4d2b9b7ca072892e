import GCXModel
import Glibc

/// Small files, whole: the kernel's and the agent's own.
package enum Files {
    /// The bytes of a file of at most `limit` bytes.
    ///
    /// - Throws: ``LinuxError/malformed(object:reason:)`` when it is larger.
    package static func bytes(
        _ path: String, limit: Int = LinuxLimits.textFileBytesMax, flags: Int32 = 0
    ) throws(LinuxError) -> [UInt8] {
        let file = try FileDescriptor.open(path, O_RDONLY | flags)
        return try bytes(of: file, path, limit: limit)
    }

    /// The bytes of an open file, from where it stands to its end.
    package static func bytes(
        of file: borrowing FileDescriptor, _ path: String, limit: Int = LinuxLimits.textFileBytesMax
    ) throws(LinuxError) -> [UInt8] {
        var content: [UInt8] = []
        let number = file.number
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try posix("read", path) {
                unsafe chunk.withUnsafeMutableBytes { unsafe read(number, $0.baseAddress, $0.count) }
            }
            if count == 0 { return content }
            // bounded here: no more is read than the chunk holds, and the chunk stops at a few mebibytes
            content += chunk[..<count]
            if content.count > limit {
                throw .malformed(object: path, reason: "larger than \(NumberText.count(limit, "byte"))")
            }
            if chunk.count < 1 << 20 { chunk = [UInt8](repeating: 0, count: chunk.count * 4) }
        }
    }

    /// The text of a file; bytes that are not UTF-8 are replaced.
    package static func text(_ path: String) throws(LinuxError) -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }

    /// The text of a file without its last newline, or nil when there is no such file.
    package static func lineIfPresent(_ path: String) -> String? {
        guard var text = try? text(path) else { return nil }
        if text.last == "\n" { text.removeLast() }
        return text
    }

    /// The number that is all a file holds, or nil when the file is missing or holds something else (`max`).
    package static func numberIfPresent(_ path: String) -> UInt64? { lineIfPresent(path).flatMap { UInt64($0) } }

    /// Writes text to an existing file in one call, as the kernel's control files want it.
    package static func control(_ path: String, _ text: String) throws(LinuxError) {
        let file = try FileDescriptor.open(path, O_WRONLY)
        try file.write(text.utf8, object: path)
    }

    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Makes a directory; one that exists is fine.
    package static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(LinuxError) {
        if unsafe mkdir(path, mode) == 0 { return }
        let number = errno
        var status = stat()
        if number == EEXIST, unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        throw .systemCall(operation: "mkdir", object: path, errno: number)
    }

    /// Makes a directory and those above it.
    package static func makeDirectories(_ path: String, mode: mode_t = 0o700) throws(LinuxError) {
        if path.isEmpty || path == "/" || exists(path) { return }
        // bounded: up to a place that was found in the path
        if let slash = path.lastIndex(of: "/") { try makeDirectories(String(path[..<slash]), mode: mode) }
        try makeDirectory(path, mode: mode)
    }

    /// Gives a group the right to a directory of this process's user.
    ///
    /// - Throws: ``LinuxError/malformed(object:reason:)`` when something else lies there.
    package static func share(_ path: String, with group: UInt32, mode: mode_t) throws(LinuxError) {
        let directory = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard try directory.status(path).st_uid == geteuid() else {
            throw .malformed(object: path, reason: "it belongs to somebody else")
        }
        let number = directory.number
        try posix("chown", path) { fchown(number, uid_t.max, group) }
        try posix("chmod", path) { fchmod(number, mode) }
    }

    /// The names in a directory, without `.` and `..`, sorted.
    package static func names(in path: String) throws(LinuxError) -> [String] {
        guard let directory = unsafe opendir(path) else {
            throw .systemCall(operation: "opendir", object: path, errno: errno)
        }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file; one that is not there is fine.
    package static func remove(_ path: String) throws(LinuxError) {
        if unsafe unlink(path) == 0 || errno == ENOENT { return }
        throw .systemCall(operation: "unlink", object: path, errno: errno)
    }
}
