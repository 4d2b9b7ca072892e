import GCXLinux
import GCXSandbox
import Glibc

/// The directory below which entries are made. Every way into it is relative, and passes no link that leads out.
final class Tree {
    private let root: Int32
    /// Links to directories are followed inside, and what is in the way is replaced: as layers of images want it.
    private let isLayered: Bool
    /// Entries of one directory mostly follow each other.
    private var last: (path: EntryPath, directory: OpenFile)?

    init(_ root: Int32, isLayered: Bool) {
        self.root = root
        self.isLayered = isLayered
    }

    /// The directory at `path`, made with those above it where it is missing.
    func directory(_ path: EntryPath) throws(UnpackFailure) -> OpenFile {
        if let last, last.path == path { return last.directory }
        let found = try openOrMake(path)
        last = (path, found)
        return found
    }

    /// Makes an empty file that was not there.
    func makeFile(_ path: EntryPath) throws(UnpackFailure) -> FileDescriptor {
        let parent = try room(for: path)
        return try attempt { () throws(LinuxError) in
            try FileDescriptor.open(
                beneath: parent.number, path.name.terminated, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        }
    }

    func makeLink(_ path: EntryPath, to target: [UInt8]) throws(UnpackFailure) -> OpenFile {
        let parent = try room(for: path)
        guard unsafe symlinkat(target.terminated, parent.number, path.name.terminated) == 0 else {
            throw .system("symlink", errno)
        }
        return parent
    }

    /// Another name for a file that is there, or for a link.
    ///
    /// - Parameter staysInside: a link leads from its new name to another place than from its first; one that would lead
    ///   outside from there is refused.
    func makeHardLink(_ path: EntryPath, to target: EntryPath, staysInside: Bool) throws(UnpackFailure) {
        guard !target.isTop, target != path else { throw .refused(entry: path.bytes, "it links to itself") }
        let source = try directory(target.parent)
        var status = stat()
        guard unsafe fstatat(source.number, target.name.terminated, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .refused(entry: path.bytes, "it links to what is not there")
        }
        guard [S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) else {
            throw .refused(entry: path.bytes, "it links to what is no file")
        }
        if staysInside, status.st_mode & S_IFMT == S_IFLNK {
            guard let text = Self.text(ofLink: target.name.terminated, in: source.number), path.keepsInside(text) else {
                throw .refused(entry: path.bytes, "it is a link that leads outside")
            }
        }
        let parent = try room(for: path)
        guard unsafe linkat(source.number, target.name.terminated, parent.number, path.name.terminated, 0) == 0 else {
            if [ENOENT, EMLINK, EPERM].contains(errno) { throw .refused(entry: path.bytes, "it cannot be linked") }
            throw .system("link", errno)
        }
    }

    /// Makes a directory, or answers the one that is there.
    func makeDirectory(_ path: EntryPath) throws(UnpackFailure) -> FileDescriptor {
        if !path.isTop {
            let parent = try directory(path.parent)
            let name = path.name.terminated
            if let kind = Self.kind(parent.number, name), kind != S_IFDIR {
                guard isLayered else { throw .refused(entry: path.bytes, "something else is there already") }
                try clear(parent.number, name)
            }
            guard unsafe mkdirat(parent.number, name, 0o700) == 0 || errno == EEXIST else {
                throw .system("mkdir", errno)
            }
            return try attempt { () throws(LinuxError) in
                try FileDescriptor.open(beneath: parent.number, name, O_RDONLY | O_DIRECTORY)
            }
        }
        return try attempt { () throws(LinuxError) in
            try FileDescriptor.open(beneath: root, [46, 0], O_RDONLY | O_DIRECTORY)
        }
    }

    /// The directory at `path` if it can be reached without a link.
    func existing(_ path: EntryPath) -> FileDescriptor? {
        let name = path.isTop ? [46, 0] : path.bytes.terminated
        return try? FileDescriptor.open(beneath: root, name, O_RDONLY | O_DIRECTORY)
    }

    /// Removes what lies at `path`; nothing there is fine.
    func remove(_ path: EntryPath) throws(UnpackFailure) {
        let parent = try directory(path.parent)
        try clear(parent.number, path.name.terminated)
    }

    /// The names of what lies in a directory.
    func names(in directory: OpenFile) throws(UnpackFailure) -> [[UInt8]] {
        try attempt { () throws(LinuxError) in
            let readable = try FileDescriptor.open(beneath: directory.number, [46, 0], O_RDONLY | O_DIRECTORY)
            return try Files.names(inOpen: readable.number).map { $0.dropLast().map { UInt8(bitPattern: $0) } }
        }
    }

    /// The directory in which `path` is to be made, with nothing in the way.
    private func room(for path: EntryPath) throws(UnpackFailure) -> OpenFile {
        let parent = try directory(path.parent)
        let name = path.name.terminated
        if let kind = Self.kind(parent.number, name) {
            guard kind != S_IFDIR || isLayered else {
                throw .refused(entry: path.bytes, "a directory is there already")
            }
            try clear(parent.number, name)
        }
        return parent
    }

    private func clear(_ parent: Int32, _ name: [CChar]) throws(UnpackFailure) {
        // It may be what was opened last.
        last = nil
        try attempt { () throws(LinuxError) in try Files.removeTree(named: name, in: parent) }
    }

    private func openOrMake(_ path: EntryPath) throws(UnpackFailure) -> OpenFile {
        let place = FileDescriptor.place | O_DIRECTORY
        do throws(LinuxError) {
            let name = path.isTop ? [46, 0] : path.bytes.terminated
            return OpenFile(try FileDescriptor.open(beneath: root, name, place))
        } catch {
            guard !path.isTop, case .systemCall(_, _, let number) = error, [ENOENT, ENOTDIR, ELOOP].contains(number)
            else { throw UnpackFailure(error) }
        }
        let parent = try openOrMake(path.parent)
        let name = path.name.terminated
        switch Self.kind(parent.number, name) {
        case nil, S_IFDIR: break
        case S_IFLNK where isLayered:
            if let found = try? FileDescriptor.openDirectory(inRoot: root, path.bytes.terminated) {
                return OpenFile(found)
            }
            try clear(parent.number, name)
        case _ where isLayered: try clear(parent.number, name)
        case S_IFLNK: throw .refused(entry: path.bytes, "it is a link, and entries were to lie below it")
        default: throw .refused(entry: path.bytes, "it is no directory, and entries were to lie below it")
        }
        guard unsafe mkdirat(parent.number, name, 0o755) == 0 || errno == EEXIST else { throw .system("mkdir", errno) }
        return try attempt { () throws(LinuxError) in
            OpenFile(try FileDescriptor.open(beneath: parent.number, name, place))
        }
    }

    /// Nil for what cannot be read, or is longer than any link that is made here.
    static func text(ofLink name: [CChar], in directory: Int32) -> [UInt8]? {
        var text = [CChar](repeating: 0, count: SandboxLimits.entryPathBytesMax + 1)
        let count = unsafe readlinkat(directory, name, &text, text.count)
        guard count > 0, count < text.count else { return nil }
        return text.prefix(count).map { UInt8(bitPattern: $0) }
    }

    private static func kind(_ parent: Int32, _ name: [CChar]) -> mode_t? {
        var status = stat()
        return unsafe fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_mode & S_IFMT : nil
    }
}
