package import GCXModel
import Glibc

/// Mounted filesystems that live on block devices, and their room. Source: `/proc/self/mountinfo`, `statvfs`.
package enum MountSource {
    /// One line of mountinfo.
    package struct Mount: Equatable, Sendable {
        /// `254:0`, as sysfs writes a device's number.
        package var device: String
        /// The part of the filesystem that is mounted: `/` unless it is a bind mount or a cgroup below the root.
        package var root: String
        package var mountPoint: String
        package var type: String
        /// The filesystem's own options, `rw,memory` for a v1 cgroup hierarchy.
        package var options: [String]
        /// The number of this mount, and of the one that it is mounted on.
        package var id: Int
        package var parent: Int
        /// What was named to be mounted: `/dev/sda1`, or any word.
        package var source: String
    }

    package static func read(_ root: SystemRoot) -> [Mount] {
        parse(root.text("proc/self/mountinfo") ?? "")
    }

    /// Lines that make no sense are left out (proc(5), `/proc/pid/mountinfo`).
    package static func parse(_ text: String) -> [Mount] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(separator: " ")
            // The optional fields end at a lone dash; type, source and options follow it.
            // bounded here: ten words or more, and three behind the dash, counted first
            guard words.count >= 10, let dash = words.dropFirst(6).firstIndex(of: "-"), words.count > dash + 3 else {
                return nil
            }
            return Mount(
                device: String(words[2]), root: unescaped(words[3]), mountPoint: unescaped(words[4]),
                type: String(words[dash + 1]), options: words[dash + 3].split(separator: ",").map(unescaped),
                id: Int(words[0], radix: 10) ?? -1,
                parent: Int(words[1], radix: 10) ?? -1, source: unescaped(words[dash + 2]))
        }
    }

    /// The kernel writes space, tab, newline, backslash and, in an option, comma as three octal digits.
    private static func unescaped(_ word: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(word.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(3), as: UTF8.self)
            if byte == UInt8(ascii: "\\"), digits.utf8.count == 3, let code = UInt8(digits, radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The filesystem of a mount, with its room when this is the live machine.
    package static func filesystem(_ mount: Mount, on root: SystemRoot) -> Inventory.Filesystem {
        var filesystem = Inventory.Filesystem(mountPoint: mount.mountPoint, type: mount.type)
        var room = statvfs()
        // Only mounts of local block devices come here, so a dead file server cannot hold the call.
        if root.isLive, unsafe statvfs(mount.mountPoint, &room) == 0 {
            filesystem.totalBytes = UInt64(clamping: room.f_blocks).saturatingProduct(UInt64(clamping: room.f_frsize))
            filesystem.availableBytes = UInt64(clamping: room.f_bavail).saturatingProduct(
                UInt64(clamping: room.f_frsize))
        }
        return filesystem
    }
}
