import GCXJobLog
import GCXModel
import Glibc
import Testing

@testable import GCXLinux
@testable import GCXSandbox

/// An image layout that is written file by file.
struct HandmadeLayout {
    let path: String

    /// Layers as bytes and kinds; the image has one tag, `test`.
    init(_ path: String, _ layers: [(bytes: [UInt8], type: String)]) throws {
        self.path = path
        try Files.makeDirectories("\(path)/blobs/sha256")
        try DurableFile.write(ImageIndex.layoutFile, to: "\(path)/oci-layout")
        let config = try put(#"{"architecture":"\#(ImageIndex.Platform.ours.architecture)","os":"linux"}"#.utf8)
        let manifest = ImageManifest(
            schemaVersion: 2, mediaType: MediaType.manifest, config: Self.descriptor(MediaType.config, config),
            layers: try layers.map { Self.descriptor($0.type, try put($0.bytes)) })
        var top = Self.descriptor(MediaType.manifest, try put(JSONFile.encode(manifest, object: "manifest")))
        top.annotations = [ImageIndex.Descriptor.tagKey: "test"]
        try JSONFile.write(ImageIndex(schemaVersion: 2, manifests: [top]), to: "\(path)/index.json")
    }

    private func put(_ bytes: some Collection<UInt8>) throws -> (digest: String, bytes: Int) {
        let digest = SHA256Hex.of(Array(bytes))
        try DurableFile.write(Array(bytes), to: "\(path)/blobs/sha256/\(digest)")
        return (digest, bytes.count)
    }

    private static func descriptor(_ type: String, _ blob: (digest: String, bytes: Int)) -> ImageIndex.Descriptor {
        ImageIndex.Descriptor(mediaType: type, digest: "sha256:\(blob.digest)", size: UInt64(blob.bytes))
    }

    static let plain = "application/vnd.oci.image.layer.v1.tar"

    /// The sandbox's root filesystem as a layer.
    static func base(of sandbox: Sandbox) throws -> [UInt8] {
        let tar = "\(sandbox.root)/base.tar"
        try ChildProcess("tar", ["-cf", tar, "-C", "\(sandbox.root)/rootfs", "."]).run()
        return try Files.bytes(tar, limit: 64 << 20)
    }

    static func compressed(_ bytes: [UInt8], _ tool: String, in sandbox: Sandbox) throws -> [UInt8] {
        let file = "\(sandbox.root)/to-compress"
        try DurableFile.write(bytes, to: file)
        try ChildProcess("sh", ["-c", "\(tool) < \(file) > \(file).out"]).run()
        return try Files.bytes("\(file).out", limit: 64 << 20)
    }
}

extension RealJobs {
    @Suite("Layers of images")
    struct Layers {
        private func resolve(_ layers: [[EvilEntry]], in sandbox: Sandbox) throws -> String {
            let made = try HandmadeLayout(
                "\(sandbox.root)/layers", layers.map { (EvilEntry.archive($0), HandmadeLayout.plain) })
            return try sandbox.driver.images.resolve(.ociLayout(path: made.path, tag: "test")).rootfs
        }

        private func listing(_ rootfs: String) throws -> [String] {
            try ChildProcess("find", [rootfs, "-mindepth", "1", "-printf", "%y %P\n"]).run().split(separator: "\n")
                .map(String.init).sorted()
        }

        @Test(
            "a layer may be plain, or compressed with gzip or zstd",
            arguments: [
                ("cat -", HandmadeLayout.plain), ("gzip", MediaType.layer),
                ("zstd", "application/vnd.oci.image.layer.v1.tar+zstd"),
            ])
        func compression(_ tool: String, _ type: String) throws {
            let program = tool.split(separator: " ")[0]
            try #require(ChildProcess.find(String(program)) != nil, "needs \(tool)")
            let sandbox = try Sandbox()
            let layer = try HandmadeLayout.compressed(try HandmadeLayout.base(of: sandbox), tool, in: sandbox)
            let made = try HandmadeLayout("\(sandbox.root)/layers", [(layer, type)])
            let ended = try sandbox.run("echo hi; stat -c %u:%g /bin/busybox") {
                $0.image = .ociLayout(path: made.path, tag: "test")
            }
            #expect(ended.text() == "hi\n0:0\n", "\(ended.text(.error))")
        }

        @Test("owners and modes are the image's inside, and nobody's outside; set-uid bits are gone")
        func owners() throws {
            let sandbox = try Sandbox()
            let base = try HandmadeLayout.base(of: sandbox)
            let own = EvilEntry.archive([
                EvilEntry(name: "mine", mode: "0004640", content: [1], user: 1000),
                EvilEntry(name: "far", content: [1], user: 100_000),
            ])
            let made = try HandmadeLayout(
                "\(sandbox.root)/layers", [(base, HandmadeLayout.plain), (own, HandmadeLayout.plain)])
            let source = ImageSource.ociLayout(path: made.path, tag: "test")
            let ended = try sandbox.run("stat -c '%u %g %a' /mine /far") { $0.image = source }
            #expect(ended.text() == "1000 1000 640\n65534 65534 644\n")
            let rootfs = try sandbox.driver.images.resolve(source).rootfs
            var status = stat()
            #expect(lstat("\(rootfs)/mine", &status) == 0 && status.st_uid == SandboxLimits.filesHostID + 1000)
        }

        @Test("a later layer replaces and removes: files by directories, directories by files, whiteouts, opaque ones")
        func replaced() throws {
            let sandbox = try Sandbox()
            let content: [UInt8] = [1]
            let rootfs = try resolve(
                [
                    [
                        EvilEntry(name: "file", content: content), EvilEntry(name: "folder", kind: "5"),
                        EvilEntry(name: "folder/old", content: content), EvilEntry(name: "gone", content: content),
                        EvilEntry(name: "opaque", kind: "5"), EvilEntry(name: "opaque/lower", content: content),
                        EvilEntry(name: "usr", kind: "5"), EvilEntry(name: "bin", kind: "2", target: "usr"),
                    ],
                    [
                        // Below a file, with no word that it is a directory now.
                        EvilEntry(name: "file/below", content: content), EvilEntry(name: "folder", content: content),
                        EvilEntry(name: ".wh.gone"), EvilEntry(name: "opaque/upper", content: content),
                        EvilEntry(name: "opaque/.wh..wh..opq"), EvilEntry(name: "opaque/.wh.upper"),
                        EvilEntry(name: "second", kind: "1", target: "folder"),
                        EvilEntry(name: "bin/tool", content: content),
                        EvilEntry(name: "/rooted", content: content, pax: [("comment", "x")], isGlobal: true),
                    ],
                ], in: sandbox)
            #expect(
                try listing(rootfs) == [
                    "d file", "d opaque", "d usr", "f file/below", "f folder", "f opaque/upper", "f rooted", "f second",
                    "f usr/tool", "l bin",
                ])
        }

        @Test(
            "a layer with a device makes none on the host: it is refused by name, or left out where a job has its own")
        func devices() throws {
            let sandbox = try Sandbox()
            let error = #expect(throws: ImageError.self) {
                try resolve([[EvilEntry(name: "memory", kind: "3", mode: "0000666", device: (1, 1))]], in: sandbox)
            }
            #expect(error?.description.contains("entry `memory`: it is a character device") == true)
            #expect(try sandbox.driver.images.leftovers().isEmpty)
            let rootfs = try resolve(
                [[EvilEntry(name: "dev", kind: "5"), EvilEntry(name: "dev/null", kind: "3", device: (1, 3))]],
                in: sandbox)
            #expect(try listing(rootfs) == ["d dev"])
        }

        @Test("an image archive whose index, or whose layer, is a link is refused, at once, and tells nothing")
        func links() throws {
            for (name, target) in [("index.json", "CANARY"), ("oci-layout", "CANARY"), ("LAYER", "/dev/zero")] {
                let sandbox = try Sandbox()
                let canary = "\(sandbox.root)/canary"
                try DurableFile.write(#"{"secret-of-the-owner": 1}"#.utf8, to: canary)
                let made = try HandmadeLayout(
                    "\(sandbox.root)/layers", [(EvilEntry.archive([EvilEntry(name: "f")]), HandmadeLayout.plain)])
                let layer = try ImageLayout(path: made.path).image(tag: "test").manifest.layers[0].digest.dropFirst(7)
                let path = "\(made.path)/\(name == "LAYER" ? "blobs/sha256/\(layer)" : name)"
                try Files.remove(path)
                symlink(target == "CANARY" ? canary : target, path)
                let archive = "\(sandbox.root)/image.tar"
                try ChildProcess("tar", ["-cf", archive, "-C", made.path, "."]).run()
                for source in [
                    ImageSource.ociLayout(path: made.path, tag: "test"), .ociArchive(path: archive, tag: "test"),
                ] {
                    let begun = BootClock.now()
                    let error = #expect(throws: ImageError.self) { try sandbox.driver.images.resolve(source) }
                    #expect(BootClock.now() - begun < 5_000_000_000)
                    #expect(error?.description.contains("secret") == false)
                    #expect(try sandbox.driver.images.leftovers().isEmpty)
                }
            }
        }

        @Test("what stands in an index goes into no error")
        func quotes() throws {
            let sandbox = try Sandbox()
            let made = try HandmadeLayout("\(sandbox.root)/layers", [])
            for text in [#"{"secret": }"#, #"{"manifests": "secret"}"#, "secret"] {
                try DurableFile.write(text.utf8, to: "\(made.path)/index.json")
                let error = #expect(throws: ImageError.self) {
                    try sandbox.driver.images.resolve(.ociLayout(path: made.path, tag: nil))
                }
                #expect(error?.description.contains("secret") == false, "\(String(describing: error))")
            }
        }

        @Test("a bomb takes no other image's place")
        func bomb() throws {
            let sandbox = try Sandbox()
            let disk = "\(sandbox.root)/disk"
            try Files.makeDirectory(disk)
            try ChildProcess("mount", ["-t", "tmpfs", "-o", "size=400m", "none", disk]).run()
            defer { _ = try? ChildProcess("umount", ["-l", disk]).run() }
            let store = try ImageStore(root: "\(disk)/store") { [] }
            let small = try HandmadeLayout(
                "\(sandbox.root)/small", [(EvilEntry.archive([EvilEntry(name: "f")]), HandmadeLayout.plain)])
            let digest = try store.resolve(.ociLayout(path: small.path, tag: nil)).digest
            let zeros = "\(sandbox.root)/zeros"
            try ChildProcess("truncate", ["-s", "1G", zeros]).run()
            let tar = "\(sandbox.root)/bomb.tar.gz"
            try ChildProcess("tar", ["-czf", tar, "-C", sandbox.root, "zeros"], timeout: .seconds(120)).run()
            let made = try HandmadeLayout(
                "\(sandbox.root)/layers", [(try Files.bytes(tar, limit: 64 << 20), MediaType.layer)])
            #expect(throws: ImageError.self) { try store.resolve(.ociLayout(path: made.path, tag: nil)) }
            #expect(try store.leftovers() == [digest].compactMap(\.self))
        }

        @Test("a wish to stop ends the preparation of an image, and nothing of it stays")
        func stop() throws {
            let sandbox = try Sandbox()
            let layout = try HandmadeLayout(
                "\(sandbox.root)/layers",
                [(try HandmadeLayout.base(of: sandbox), HandmadeLayout.plain)])
            let stop = StopFlag()
            stop.raise()
            let spec = sandbox.spec("echo ran") { $0.image = .ociLayout(path: layout.path, tag: "test") }
            let error = #expect(throws: SandboxError.self) { try sandbox.driver.start(spec, stop: stop) }
            guard case .image(.cancelled)? = error else {
                Issue.record("ended for another reason: \(String(describing: error))")
                return
            }
            #expect(try sandbox.driver.images.leftovers().isEmpty && sandbox.driver.jobs().isEmpty)
        }
    }
}
