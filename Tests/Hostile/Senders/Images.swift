import GCXLinux
import GCXModel
import GCXWire
import Glibc

/// Images of buyers. Each is uploaded and run on a lease of its own.
enum SentImages {
    static let all = links + blobs + documents + layers

    private static func image(
        _ sends: String, by stoppedBy: String, _ expected: Expected, says never: String = "root:x",
        _ edit: @escaping @Sendable (inout OCIImage, Ground) throws -> Void
    ) -> Sending {
        Sending(.images, sends, by: stoppedBy, expected) { ground in
            var image = OCIImage([Ground.rootfs])
            try edit(&image, ground)
            let lease = try ground.openLease()
            let reply = try ground.put(.image, lease, image.archive)
            guard reply.isSuccess else { return Answer(reply) }
            var answer = try ground.run(lease, Ground.job("echo ran", .oci))
            if answer.text.contains(never) { answer.wrong.append("it was told what is in a file of the machine") }
            return answer
        }
    }

    private static let refused = Expected.refused([400, 413, 422])

    private static let links = [
        image("an index.json that is a link to a file of the machine", by: "blobs that are regular files", refused) {
            image, _ in
            image.edit = { replace($0, "index.json", with: .link("index.json", to: "/etc/passwd")) }
        },
        image("an index.json that is a hard link to a file of the machine", by: "links that stay inside", refused) {
            image, _ in
            image.edit = {
                replace($0, "index.json", with: TarEntry("index.json", kind: "1", target: "/etc/passwd"))
            }
        },
        image("a layer that is a link to /dev/zero", by: "blobs that are regular files", refused) { image, _ in
            let blob = OCIImage.blob(image.layers[0].bytes)
            image.edit = { replace($0, blob, with: .link(blob, to: "/dev/zero")) }
        },
        image("a configuration that is a link to /dev/zero", by: "blobs that are regular files", refused) { image, _ in
            image.edit = { entries in
                let config = entries.first { $0.content.starts(with: Array(#"{"architecture"#.utf8)) }
                let blob = String(decoding: config?.name ?? [], as: UTF8.self)
                return replace(entries, blob, with: .link(blob, to: "/dev/zero"))
            }
        },
        image("a layer that is a FIFO", by: "the list of kinds that are made", refused) { image, _ in
            let blob = OCIImage.blob(image.layers[0].bytes)
            image.edit = { replace($0, blob, with: TarEntry(blob, kind: "6")) }
        },
        image("a folder of blobs that is a link", by: "links that are not followed", refused) { image, _ in
            image.edit = {
                replace(replace($0, "blobs/", with: .link("blobs", to: "/etc")), "blobs/sha256/", with: .folder("a/"))
            }
        },
    ]

    private static func replace(_ entries: [TarEntry], _ name: String, with other: TarEntry) -> [TarEntry] {
        entries.map { $0.name == Array(name.utf8) ? other : $0 }
    }

    private static let blobs = [
        image("a layer with other bytes than its digest", by: "the digest", refused) { image, _ in
            let blob = OCIImage.blob(image.layers[0].bytes)
            let other = image.layers[0].bytes.dropLast() + [1]
            image.edit = { replace($0, blob, with: TarEntry(blob, content: Array(other))) }
        },
        image("a layer of another size than it says", by: "the declared size", refused) { image, _ in
            let size = image.layers[0].bytes.count
            image.editManifest = { $0.replacing("\"size\":\(size)", with: "\"size\":5") }
        },
        image("a layer of 2^64-1 bytes", by: "the declared size", refused) { image, _ in
            let size = image.layers[0].bytes.count
            image.editManifest = { $0.replacing("\"size\":\(size)", with: "\"size\":18446744073709551615") }
        },
        image("a layer of a negative size", by: "the declared size", refused) { image, _ in
            let size = image.layers[0].bytes.count
            image.editManifest = { $0.replacing("\"size\":\(size)", with: "\"size\":-1") }
        },
        image("a digest that is a path", by: "digests that are digests", refused) { image, _ in
            let digest = "sha256:\(SHA256Hex.of(image.layers[0].bytes))"
            image.editManifest = { $0.replacing(digest, with: "sha256:../../../../../../etc/passwd") }
        },
        image("a layer that is not there", by: "blobs that are there", refused) { image, _ in
            let blob = OCIImage.blob(image.layers[0].bytes)
            image.edit = { $0.filter { $0.name != Array(blob.utf8) } }
        },
        image("a layer that is to be fetched from elsewhere", by: "addresses that nobody follows", refused) {
            image, _ in
            image.editManifest = {
                $0.replacing("}]}", with: #","urls":["http://169.254.169.254/latest/meta-data"]}]}"#)
            }
        },
        image("5,000 blobs", by: "the number of entries of an image", .answered) { image, _ in
            image.edit = { $0 + (0..<5_000).map { TarEntry("blobs/sha256/\($0)") } }
        },
    ]

    /// The same archive, whose index is one blob deeper.
    private static func nest(_ entries: [TarEntry]) -> [TarEntry] {
        let inner = entries.first { $0.name == Array("index.json".utf8) }?.content ?? []
        let outer = OCIImage.descriptor(inner, "application/vnd.oci.image.index.v1+json")
        let index = TarEntry.file("index.json", #"{"schemaVersion":2,"manifests":[\#(outer)]}"#)
        return replace(entries, "index.json", with: index) + [TarEntry(OCIImage.blob(inner), content: inner)]
    }

    private static let documents = [
        image("ten indexes, each of the next", by: "an error that names them", .refused([422], says: "index")) {
            image, _ in
            image.edit = { (0..<10).reduce($0) { entries, _ in nest(entries) } }
        },
        image("a configuration of 100,000 brackets", by: "the depth of JSON", refused) { image, _ in
            image.config = String(repeating: "[", count: 100_000)
        },
        image("a configuration 100,000 deep in a member that nobody reads", by: "the depth of JSON", .answered) {
            image, _ in
            let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
            image.config =
                #"{"architecture":"amd64","os":"linux","deep":\#(deep),"rootfs":{"type":"layers"}}"#
        },
        image("a manifest with two lists of layers", by: "members that are there once", .answered) { image, _ in
            image.editManifest = { $0.replacing("\"schemaVersion\":2", with: "\"schemaVersion\":2,\"layers\":[]") }
        },
        image("an index in UTF-16", by: "documents that are UTF-8", refused) { image, _ in
            image.edit = { entries in
                entries.map { entry in
                    guard entry.name == Array("index.json".utf8) else { return entry }
                    return TarEntry("index.json", content: [0xFF, 0xFE] + entry.content.flatMap { [$0, 0] })
                }
            }
        },
        image("an index of 5 MiB", by: "the size of documents", refused) { image, _ in
            image.editIndex = { $0 + String(repeating: " ", count: 5 << 20) }
        },
        image("a configuration that is no document", by: "the reader of configurations", refused) { image, _ in
            image.config = "\u{1B}[2J\0"
        },
        image("no layers", by: "the manifest", .answered) { image, _ in image.layers = [] },
        image("200 layers", by: "the number of layers", refused) { image, _ in
            image.layers += (0..<200).map { (TarEntry.archive([.file("\($0)", "x")]), OCIImage.tarLayer) }
        },
    ]

    private static func layer(
        _ sends: String, by stoppedBy: String, _ expected: Expected, _ entries: TarEntry...
    ) -> Sending {
        image(sends, by: stoppedBy, expected) { image, _ in
            image.layers.append((TarEntry.archive(entries), OCIImage.tarLayer))
        }
    }

    private static let layers = [
        layer(
            "a layer with devices", by: "kinds that are not made on the host", .answered,
            TarEntry("gcx-evil", kind: "3", mode: "0000666", device: (1, 1)),
            TarEntry("gcx-evil-disk", kind: "4", mode: "0000666", device: (254, 0)), TarEntry("gcx-fifo", kind: "6")),
        layer(
            "a layer with names that climb", by: "paths resolved beneath one directory", .answered,
            .file("../../../../../../../tmp/gcx-evil", "x"), .file("/tmp/gcx-evil", "x")),
        layer(
            "a layer with files through links that lead out", by: "links that are not followed", .answered,
            .link("door", to: "/tmp"), .file("door/gcx-evil", "x"),
            .link("up", to: "../../../../../../tmp"), .file("up/gcx-evil", "x")),
        layer(
            "a layer with a hard link to a file of the machine", by: "links that stay inside", .answered,
            TarEntry("gcx-evil", kind: "1", target: "/etc/passwd"),
            TarEntry("up", kind: "1", target: "../../../agent.sqlite")),
        layer(
            "a layer that removes above itself", by: "whiteouts that stay inside", .answered, .file(".wh...", ""),
            .file("etc/.wh...", ""), .file("../.wh.jobs", "")),
        layer(
            "a layer with a pax header of the largest size", by: "the unpacker's sizes", .answered,
            .pax([("size", "18446744073709551615")]), .file("x", "x")),
        layer(
            "a layer with a global pax header", by: "one reader of archives", .answered,
            .pax([("comment", "from git")], kind: "g"), .file("etc/after", "x")),
        layer(
            "a layer with entries below a file", by: "the unpacker", .answered, .file("bin", "no folder any more"),
            .file("bin/below", "x")),
        image("a layer that says it is zstd and is not", by: "the unpacker", .answered) { image, _ in
            image.layers.append((TarEntry.archive([.file("x", "x")]), OCIImage.zstdLayer))
        },
        image("a layer that says it is gzip and is not", by: "the unpacker", .answered) { image, _ in
            image.layers.append((TarEntry.archive([.file("x", "x")]), OCIImage.gzipLayer))
        },
        image("a layer of a gigabyte of zeros, compressed", by: "bytes counted as they are unpacked", refused) {
            image, ground in
            let file = "\(ground.scratch)/bomb-layer"
            let script =
                "truncate -s 1G \(file).zero && tar -C / -cf - --transform 's,.*,zero,' \(file).zero | gzip -1 > \(file)"
            try ChildProcess("sh", ["-c", script]).run()
            defer { unsafe unlink("\(file).zero"); unsafe unlink(file) }
            let digest = try ChildProcess("sh", ["-c", "gzip -dc \(file) | sha256sum"]).run().prefix(64)
            image.layers.append((try Files.bytes(file, limit: 16 << 20), OCIImage.gzipLayer))
            image.diffIDs = ["sha256:\(SHA256Hex.of(image.layers[0].bytes))", "sha256:\(digest)"]
        },
    ]
}
