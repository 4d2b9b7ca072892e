import GCXLinux
import Glibc

/// Files of one run of a fuzzer, of which nothing is left.
enum Scratch {
    /// Hands a new folder to `body`, and removes it. It lies in memory where nobody says another place: a disk is twenty
    /// times slower.
    static func with(_ body: (_ folder: String) throws(LinuxError) -> Void) throws(LinuxError) {
        let memory = "/dev/shm"
        let parent =
            getenv("TMPDIR").map { String(cString: $0) } ?? (access(memory, W_OK | X_OK) == 0 ? memory : "/tmp")
        var name = Array("\(parent)/gcx-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else {
            throw .systemCall(operation: "mkdtemp", object: parent, errno: errno)
        }
        let folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? Files.removeTree(folder) }
        try body(folder)
    }

    /// An open file without a name that holds `bytes`, to be read from its beginning.
    static func file(_ bytes: [UInt8], in folder: String) throws(LinuxError) -> OpenFile {
        let path = "\(folder)/file"
        let file = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_EXCL)
        unlink(path)
        try file.write(bytes, object: path)
        lseek(file.number, 0, SEEK_SET)
        return OpenFile(file)
    }
}
