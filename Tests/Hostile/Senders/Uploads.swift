import GCXLinux
import GCXModel
import GCXWire
import Glibc

/// Archives of buyers, as inputs of jobs.
enum SentUploads {
    static let all = sizes + kinds + names + bombs + transfers

    /// What is uploaded as an input and, where it is taken, run with.
    private static func input(
        _ sends: String, by stoppedBy: String, _ expected: Expected,
        _ bytes: @escaping @Sendable (Ground) throws -> [UInt8]
    ) -> Sending {
        Sending(.uploads, sends, by: stoppedBy, expected) { ground in
            let lease = try ground.openLease()
            let reply = try ground.put(.input, lease, try bytes(ground))
            guard reply.isSuccess else { return Answer(reply) }
            return try start(ground, lease)
        }
    }

    private static func input(
        _ sends: String, by stoppedBy: String, _ expected: Expected, _ entries: TarEntry...
    ) -> Sending {
        input(sends, by: stoppedBy, expected) { _ in TarEntry.archive(entries) }
    }

    /// The job looks whether something is there that no input has.
    private static func start(_ ground: Ground, _ lease: LeaseID) throws -> Answer {
        let image = try ground.put(.image, lease, Ground.rootfs)
        guard image.isSuccess else { return Answer(image.status, image.body, wrong: ["an honest image was refused"]) }
        return try ground.run(lease, Ground.job("busybox find /input -type b -o -type c -o -type p -o -perm -4000; :"))
    }

    private static let refused = Expected.refused([400, 413, 422])

    private static let sizes = [
        input(
            "a pax header with the largest size there is", by: "the unpacker's sizes, which cannot overflow", refused,
            .pax([("size", "18446744073709551615")]), .file("gcx-evil", "x")),
        input(
            "a pax header with a size beyond 64 bits", by: "the unpacker's sizes, which cannot overflow", refused,
            .pax([("size", "99999999999999999999999999")]), .file("gcx-evil", "x")),
        input(
            "a pax header with a negative size", by: "the unpacker's sizes", .answered, .pax([("size", "-1")]),
            .file("gcx-evil", "x")),
        input(
            "a pax record that says it is longer than the header", by: "the unpacker's reading of pax records",
            .answered,
            TarEntry("pax", kind: "x", content: Array("99999999 size=1\n".utf8)), .file("gcx-evil", "x")),
        input(
            "a size in base 256 of 2^63", by: "the unpacker's sizes", refused,
            TarEntry("gcx-evil", sizeField: [0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0])),
        input(
            "a size in base 256 below zero", by: "the unpacker's sizes", refused,
            TarEntry("gcx-evil", sizeField: [UInt8](repeating: 0xFF, count: 12))),
        input(
            "a file whose content is not all there", by: "the unpacker's count of what came", refused,
            TarEntry("gcx-evil", sizeField: Array("00000777777".utf8))),
    ]

    private static let kinds = [
        input(
            "a character device", by: "the list of kinds that are made", .refused([422], says: "gcx-evil"),
            TarEntry("gcx-evil", kind: "3", mode: "0000666", device: (1, 3))),
        input(
            "a block device", by: "the list of kinds that are made", .refused([422], says: "gcx-evil"),
            TarEntry("gcx-evil", kind: "4", mode: "0000666", device: (254, 0))),
        input(
            "a FIFO", by: "the list of kinds that are made", .refused([422], says: "gcx-evil"),
            TarEntry("gcx-evil", kind: "6")),
        input(
            "a program of root's with its set-uid bit", by: "bits that are left out", .answered,
            .file("gcx-evil", "x", mode: "0006755")),
        input(
            "a file whose name ends in a slash", by: "one reader of archives", .answered, .file("gcx-evil/", "content"),
            .file("after", "x")),
        input(
            "a device whose name ends in a slash, and content", by: "one reader of archives", refused,
            .file("a/", String(repeating: "x", count: 512)), TarEntry("gcx-evil", kind: "3", device: (1, 3))),
        input(
            "a device in the content of what another reader takes for a directory", by: "one reader of archives",
            .answered
        ) { _ in
            let inner = TarEntry("gcx-evil", kind: "3", mode: "0000666", device: (1, 3)).bytes
            return TarEntry.archive([TarEntry("folder/", content: inner), .file("after", "x")])
        },
        input(
            "a global pax header that renames what follows", by: "one reader of archives", .answered,
            .pax([("path", "../gcx-evil"), ("linkpath", "/etc/passwd")], kind: "g"), .file("file", "x")),
        input(
            "a pax header of devices' numbers", by: "the list of kinds that are made", refused,
            .pax([("SCHILY.devmajor", "1"), ("SCHILY.devminor", "3")]), TarEntry("gcx-evil", kind: "3")),
        input(
            "an entry of a kind that nobody knows", by: "the list of kinds that are made", .answered,
            TarEntry("gcx-evil", kind: "Z", content: [1, 2, 3])),
    ]

    private static let names = [
        input(
            "a name that climbs", by: "paths resolved beneath one directory", .refused([422], says: "gcx-evil"),
            .file("../../../../../../tmp/gcx-evil", "x")),
        input(
            "a name that begins at the root", by: "paths resolved beneath one directory", .answered,
            .file("/tmp/gcx-evil", "x")),
        input(
            "a name that climbs, told by pax", by: "paths resolved beneath one directory",
            .refused([422], says: "gcx-evil"), .pax([("path", "a/../../gcx-evil")]), .file("a", "x")),
        input(
            "a file through a link that leads out", by: "links that are not followed", .answered,
            .link("door", to: "/tmp"), .file("door/gcx-evil", "x")),
        input(
            "a hard link to a file outside", by: "links that stay inside", refused,
            TarEntry("gcx-evil", kind: "1", target: "/etc/passwd")),
        input(
            "a hard link that climbs", by: "links that stay inside", refused,
            TarEntry("gcx-evil", kind: "1", target: "../../../agent.sqlite")),
        input(
            "a hard link through a link that leads out", by: "links that are not followed", refused,
            .link("door", to: "/etc"), TarEntry("gcx-evil", kind: "1", target: "door/passwd")),
        input(
            "a name of 3,000 bytes in one part", by: "the file system's limit, said as an error", refused,
            .pax([("path", String(repeating: "x", count: 3_000))]), .file("x", "x")),
        input(
            "directories 20,000 deep", by: "the longest path", refused,
            .pax([("path", String(repeating: "d/", count: 20_000) + "x")]), .file("x", "x")),
        input("names that are no text", by: "names as bytes", .answered) { _ in
            var entry = TarEntry.file("", "x")
            entry.name = [0xFF, 0xFE, 0x1B, 0x5B, 0x32, 0x4A, 0x0A, 0xC3]
            return TarEntry.archive([entry])
        },
        input("an entry without a name", by: "the unpacker", .answered, .file("", "x")),
        input(
            "a file in place of the input's own folder", by: "the unpacker", .answered, .file(".", "x"),
            .link("..", to: "/")),
    ]

    private static let bombs = [
        input("a terabyte of holes (GNU sparse)", by: "bytes counted as they are unpacked", .answered) { _ in
            let map = TarEntry.pax([
                ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "gcx-evil"),
                ("GNU.sparse.realsize", "1099511627776"),
            ])
            var content = Array("1\n1099511627775\n1\n".utf8)
            content += [UInt8](repeating: 0, count: 512 - content.count) + [1]
            return TarEntry.archive([map, TarEntry("gcx-evil", content: content)])
        },
        input("a gigabyte of zeros, compressed", by: "bytes counted as they are unpacked", refused) { ground in
            let file = "\(ground.scratch)/bomb"
            try ChildProcess("sh", ["-c", "head -c 1G /dev/zero | gzip -1 > \(file)"]).run()
            defer { unsafe unlink(file) }
            return try Files.bytes(file, limit: 16 << 20)
        },
        input("more files than the disk of the lease can hold", by: "the number of entries", .answered) { _ in
            TarEntry.archive((0..<7_000).map { TarEntry("\($0)") })
        },
        input("bytes that are no archive", by: "the unpacker", refused) { _ in
            (0..<100_000).map { _ in UInt8.random(in: 0...255) }
        },
        input("an archive without an end", by: "the unpacker", .answered) { _ in TarEntry.file("a", "x").bytes },
        input("nothing", by: "the unpacker", .answered) { _ in [UInt8](repeating: 0, count: 1024) },
    ]
}
