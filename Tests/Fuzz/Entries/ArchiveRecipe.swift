import Senders

/// Archives out of arbitrary bytes: each says of a few entries what they are, so that any change of the bytes is an archive
/// again, and another one.
enum ArchiveRecipe {
    private static let entriesMax = 16
    private static let kinds = Array("0000125555342667xgLKSV7")
    private static let names = [
        "a", "b", "a/b", "a/b/c", "a/", "./", "", ".", "..", "../a", "/a", "a/../b", "a//b", "dev/null", ".wh.a",
        "a/.wh.b", "a/.wh..wh..opq", ".wh.", ".wh...", "oci-layout", "a/b/../../c", "\u{1B}[2J", "é",
    ]
    private static let keys = [
        "path", "linkpath", "size", "mtime", "uid", "gid", "comment", "hdrcharset", "GNU.sparse.major",
        "GNU.sparse.minor", "GNU.sparse.name", "GNU.sparse.realsize", "GNU.sparse.map", "GNU.sparse.size",
        "GNU.sparse.numblocks", "SCHILY.filetype", "SCHILY.devmajor", "SCHILY.xattr.user.a", "RHT.security.selinux",
    ]
    private static let sizes = ["0", "1", "512", "1048576", "9223372036854775807", "18446744073709551615", "-1", "1,2"]

    static func archive(of bytes: [UInt8]) -> [UInt8] {
        var reader = ByteReader(bytes)
        var entries: [TarEntry] = []
        while !reader.isEmpty, entries.count < entriesMax { entries.append(entry(&reader)) }
        return TarEntry.archive(entries)
    }

    private static func entry(_ reader: inout ByteReader) -> TarEntry {
        let kind = kinds[Int(reader.byte()) % kinds.count]
        if kind == "x" || kind == "g" {
            let count = Int(reader.byte() & 3)
            return .pax((0...count).map { _ in (keys[Int(reader.byte()) % keys.count], text(&reader)) }, kind: kind)
        }
        var entry = TarEntry(text(&reader), kind: kind)
        let odd = reader.byte()
        if odd & 1 != 0 || kind == "1" || kind == "2" { entry.target = text(&reader) }
        if odd & 2 != 0 { entry.mode = "0007777" }
        if odd & 4 != 0 { entry.content = reader.bytes(Int(reader.byte())) }
        if odd & 8 != 0 { entry.content = Array((text(&reader) + "\0").utf8) }
        if odd & 16 != 0 { entry.sizeField = reader.bytes(12) }
        if odd & 32 != 0 { entry.device = (reader.byte(), reader.byte()) }
        return entry
    }

    /// Mostly one of those that mean something.
    private static func text(_ reader: inout ByteReader) -> String {
        let choice = Int(reader.byte())
        switch choice {
        case 0..<128: return names[choice % names.count]
        case 128..<192: return sizes[choice % sizes.count]
        case 192..<224: return String(repeating: "a/", count: choice - 191) + names[choice % names.count]
        case 224..<240: return String(repeating: "a", count: 100 + choice % 16 * 16)
        default: return String(decoding: reader.bytes(choice - 240), as: UTF8.self)
        }
    }
}

/// Archives of each form that the reader takes, and of some that it refuses.
enum ArchiveSeeds {
    static var all: [[UInt8]] {
        let plain = [tree, links, pax, longNames, sparsePax, sparseOld, numbers, bad].flatMap { tar in
            [seed(3, .packsAgain, tar), seed(4, .onlyLooks, tar)]
        }
        let wrapped = [ArchiveChoice.isGzip, .isZstd].flatMap { form in
            [seed(0, form, tree), seed(1, form, pax)]
        }
        // Compressed bytes as they come, so that those of the compression are changed too.
        let raw = [ArchiveForm.gzip, .zstd].map { seed(0, .keepsSums, $0.wrap(tree)) }
        let layers = [[4, 0, UInt8(base.count / ArchiveForm.blockBytes)] + base + above]
        let recipes = [seed(0, .isRecipe, Array(0..<120)), seed(4, .isRecipe, (0..<200).map { $0 &* 37 })]
        return plain + wrapped + raw + layers + recipes + [seed(2, [], blobs)]
    }

    private static func seed(_ rules: UInt8, _ choice: ArchiveChoice, _ tar: [UInt8]) -> [UInt8] {
        [rules, choice.rawValue, 0] + tar
    }

    private static let tree = TarEntry.archive([
        .folder("./"), .folder("a"), .file("a/b", "hello", mode: "0000755"), .file("c", ""), .folder("a/d/e"),
    ])

    private static let links = TarEntry.archive([
        .folder("a"), .file("a/b", "hello"), .link("a/c", to: "../a/b"), TarEntry("d", kind: "1", target: "a/b"),
        .link("e", to: "a"), TarEntry("a/f", kind: "1", target: "a/c"),
    ])

    private static let pax = TarEntry.archive([
        .pax([("comment", "all"), ("mtime", "1.5")], kind: "g"),
        .pax([("path", String(repeating: "a/", count: 60) + "é"), ("uid", "70000"), ("mtime", "1700000000.25")]),
        .file("short", "hello"), .pax([("linkpath", "b"), ("size", "0")]), .link("c", to: "x"),
    ])

    private static let longNames = TarEntry.archive([
        TarEntry("././@LongLink", kind: "L", content: Array((String(repeating: "b", count: 200) + "\0").utf8)),
        .file("b", "hello"),
        TarEntry("././@LongLink", kind: "K", content: Array((String(repeating: "c", count: 200) + "\0").utf8)),
        .link("d", to: "c"),
    ])

    /// Version 1.0: the content begins with the map.
    private static let sparsePax = TarEntry.archive([
        .pax([
            ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "a"),
            ("GNU.sparse.realsize", "8192"),
        ]),
        TarEntry("GNUSparseFile.0/a", content: map("1\n4096\n512\n") + [UInt8](repeating: 7, count: 512)),
        .pax([("GNU.sparse.map", "0,2,100,3"), ("GNU.sparse.size", "200"), ("GNU.sparse.numblocks", "2")]),
        .file("b", "hello"),
    ])

    private static func map(_ text: String) -> [UInt8] {
        Array(text.utf8) + [UInt8](repeating: 0, count: ArchiveForm.blockBytes - text.utf8.count)
    }

    /// As GNU tar writes it without pax: the map stands in the header.
    ///
    /// Source: GNU tar's manual, "Basic Tar Format", `struct oldgnu_header`.
    private static let sparseOld: [UInt8] = {
        var tar = TarEntry.archive([TarEntry("a", kind: "S", content: Array("hello".utf8))])
        tar.replaceSubrange(257..<265, with: Array("ustar  \0".utf8))
        tar.replaceSubrange(386..<410, with: Array("00000001000\u{0}00000000005\u{0}".utf8))
        tar.replaceSubrange(483..<495, with: Array("00000002000\u{0}".utf8))
        return tar
    }()

    private static let numbers = TarEntry.archive([
        TarEntry("a", content: Array("hello".utf8), sizeField: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]),
        TarEntry("b/", content: Array("hello".utf8)),
        .pax([("size", "18446744073709551615")]), .file("c", "x"),
    ])

    private static let bad = TarEntry.archive([
        .file("a", "hello", mode: "0006755"), TarEntry("dev/null", kind: "3", device: (1, 3)),
        TarEntry("pipe", kind: "6"), .file("../b", "x"), .file("/c", "x"), .link("d", to: "/etc"),
        .link("a/e", to: "../../x"), .file("f\u{1B}[2J", "x"),
    ])

    private static let blobs = TarEntry.archive([
        .file("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#), .folder("blobs"), .folder("blobs/sha256"),
        .file("blobs/sha256/" + String(repeating: "ab", count: 32), "{}"),
    ])

    private static let base = TarEntry.archive([
        .folder("a"), .file("a/b", "hello"), .folder("c"), .file("c/d", "x"), .link("e", to: "/c"),
    ])

    private static let above = TarEntry.archive([
        .file("a/.wh.b", ""), .file("c/.wh..wh..opq", ""), .file("c/f", "y"), .file("e/g", "z"),
        .file("c", "now a file"),
        TarEntry("dev/null", kind: "3", device: (1, 3)),
    ])
}
