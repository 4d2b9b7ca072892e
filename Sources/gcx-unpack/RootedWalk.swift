import GCXLinux
import GCXSandbox
import Glibc

/// Who goes somewhere: a job's user, who has no capability.
struct Runner {
    let user: UInt32
    let groups: Set<UInt32>

    /// Whether the kernel would let that user run the file, or go into the directory.
    ///
    /// A file of the machine's owner shows as nobody's here, so whoever may run it is let through.
    func mayRun(_ status: stat) -> Bool {
        if status.st_uid == Self.nobody { return status.st_mode & 0o111 != 0 }
        if status.st_uid == user { return status.st_mode & S_IXUSR != 0 }
        return status.st_mode & (groups.contains(status.st_gid) ? S_IXGRP : S_IXOTH) != 0
    }

    /// How an id outside of the namespace shows (kernel.overflowuid).
    private static let nobody: UInt32 = 65_534
}

/// Follows a path inside a directory as a process would whose root that is, one part after the other: no link leads out, and
/// where something else is mounted it stops.
struct RootedWalk {
    enum End {
        /// A file that is no directory and no link, and what it lies in.
        case file(name: [CChar], parent: OpenFile, stat)
        case directory
        case missing
        case denied
        case endless
        /// In one of the places that hold something else.
        case elsewhere([UInt8])
        case failed
    }

    private let root: OpenFile
    private let runner: Runner
    private let mounts: Set<[UInt8]>
    /// The directories from the root to where the walk is.
    private var place: [(name: [UInt8], directory: OpenFile)] = []
    /// What is still to be walked, the next part last.
    private var ahead: [[UInt8]] = []
    private var links = 0

    init(_ root: OpenFile, by runner: Runner, mounts: Set<[UInt8]>) {
        (self.root, self.runner, self.mounts) = (root, runner, mounts)
    }

    /// - Parameter path: from the root on, with or without a slash at its beginning.
    mutating func end(of path: [UInt8]) -> End {
        guard path.count <= SandboxLimits.entryPathBytesMax else { return .missing }
        ahead = Self.parts(path)
        while let part = ahead.popLast() {
            if part == [dot, dot] {
                _ = place.popLast()
            } else if let end = step(to: part) {
                return end
            }
        }
        return .directory
    }

    /// Goes one part on; an answer when the walk is over by that.
    private mutating func step(to part: [UInt8]) -> End? {
        let here = slash.joining(place.map(\.name) + [part])  // bounded: joins lists
        // bounded: joins lists
        if mounts.contains(here) { return .elsewhere(slash.joining([here] + ahead.reversed())) }
        let parent = place.last?.directory ?? root
        let name = part.terminated
        var status = stat()
        guard unsafe fstatat(parent.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            return errno == ENOENT || errno == ENAMETOOLONG ? .missing : .failed
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return enter(part, in: parent, status)
        case S_IFLNK: return follow(name, in: parent)
        default: return ahead.isEmpty ? .file(name: name, parent: parent, status) : .missing
        }
    }

    private mutating func enter(_ part: [UInt8], in parent: OpenFile, _ status: stat) -> End? {
        guard runner.mayRun(status) else { return .denied }
        guard place.count < SandboxLimits.entryDepthMax,
            let directory = try? FileDescriptor.open(
                beneath: parent.number, part.terminated, FileDescriptor.place | O_DIRECTORY)
        else { return .failed }
        place.append((part, OpenFile(directory)))
        return nil
    }

    private mutating func follow(_ name: [CChar], in parent: OpenFile) -> End? {
        links += 1  // bounded: compared at once
        guard links <= SandboxLimits.linksMax else { return .endless }
        guard let text = Tree.text(ofLink: name, in: parent.number) else { return .failed }
        if text.first == slash { place = [] }
        ahead += Self.parts(text)  // bounded: joins lists, forty times at most
        return nil
    }

    /// The parts of a path, the first one last.
    private static func parts(_ path: [UInt8]) -> [[UInt8]] {
        path.split(separator: slash).filter { $0 != [dot] }.map(Array.init).reversed()
    }
}

extension UInt8 {
    /// The parts with this byte between them and before the first.
    fileprivate func joining(_ parts: [[UInt8]]) -> [UInt8] {
        parts.reduce(into: []) { text, part in
            if part.first != self { text.append(self) }
            text += part  // bounded: joins bytes
        }
    }
}
