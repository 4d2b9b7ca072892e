import GCXLinux
import GCXModel
import Glibc
import Testing

@testable import GCXSandbox

extension RealJobs {
    @Suite("Images", .enabled(if: Machine.unpacksImages, "needs umoci"))
    struct Images {
        @Test("an image layout runs with its own command, environment, directory and user", arguments: Machine.runtimes)
        func layout(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let layout = try sandbox.makeLayout()
            let ended = try sandbox.run(
                sandbox.spec("") {
                    $0.image = .ociLayout(path: layout, tag: "test")
                    $0.command = []
                })
            #expect(ended.text() == "hello from /etc as 1000:1001\n")
            #expect(ended.exit.reason == .exited(code: 0))
        }

        @Test("the job's command and environment go before the image's")
        func merge() throws {
            let sandbox = try Sandbox()
            let layout = try sandbox.makeLayout()
            let ended = try sandbox.run("echo $GREETING $MORE $PWD; id -u") {
                $0.image = .ociLayout(path: layout, tag: nil)
                $0.environment = ["GREETING": "hi", "MORE": "there"]
                $0.workingDirectory = "/tmp"
            }
            #expect(ended.text() == "hi there /tmp\n1000\n")
        }

        @Test(
            "an image archive is the same image, unpacked once",
            .enabled(if: Machine.lacks("tar") == nil, "needs root and tar"))
        func archive() throws {
            let sandbox = try Sandbox()
            let layout = try sandbox.makeLayout()
            let archive = "\(sandbox.root)/image.tar"
            try ChildProcess("tar", ["-cf", archive, "-C", layout, "."]).run()
            let first = try sandbox.driver.images.resolve(.ociLayout(path: layout, tag: "test"))
            let second = try sandbox.driver.images.resolve(.ociArchive(path: archive, tag: "test"))
            #expect(first == second)
            #expect(try sandbox.driver.images.digests().count == 1)
            let ended = try sandbox.run("echo ran") { $0.image = .ociArchive(path: archive, tag: "test") }
            #expect(ended.text() == "ran\n")
            try sandbox.driver.wipe(ended.job)
            try sandbox.driver.pruneImages()
            #expect(try sandbox.driver.images.digests().count == 1, "it stays for the next job")
        }

        @Test("an image that unpacks to more than is allowed is refused, and nothing of it stays")
        func tooLarge() throws {
            let sandbox = try Sandbox(images: ImageSettings(unpackedBytesMax: 64 << 10))
            let layout = try sandbox.makeLayout { root in
                var random = SystemRandomNumberGenerator()
                let bytes = (0..<(4 << 20)).map { _ in UInt8.random(in: 0...255, using: &random) }
                try DurableFile.write(bytes, to: "\(root)/large")
            }
            let error = #expect(throws: ImageError.self) {
                try sandbox.driver.images.resolve(.ociLayout(path: layout, tag: "test"))
            }
            guard case .tooLarge(_, _, 65_536) = error else {
                Issue.record("refused for another reason: \(String(describing: error))")
                return
            }
            #expect(try sandbox.driver.images.leftovers().isEmpty)
        }

        @Test("a damaged layer is refused by its digest, and nothing of it stays")
        func damagedLayer() throws {
            let sandbox = try Sandbox()
            let layout = try sandbox.makeLayout()
            let image = try ImageLayout(path: layout).image(tag: "test")
            let digest = image.manifest.layers[0].digest
            let blob = "\(layout)/blobs/sha256/\(digest.dropFirst(7))"
            var bytes = try Files.bytes(blob)
            bytes[bytes.count / 2] ^= 1
            try DurableFile.write(bytes, to: blob)
            #expect(throws: ImageError.digestMismatch(digest: digest, path: blob)) {
                try sandbox.driver.images.resolve(.ociLayout(path: layout, tag: "test"))
            }
            #expect(try sandbox.driver.images.leftovers().isEmpty)
        }

        @Test("a damaged manifest is refused by its digest")
        func damagedManifest() throws {
            let sandbox = try Sandbox()
            let layout = try sandbox.makeLayout()
            let image = try ImageLayout(path: layout).image(tag: "test")
            let blob = "\(layout)/blobs/sha256/\(image.digest)"
            try DurableFile.write(try Files.bytes(blob) + [32], to: blob)
            #expect(throws: ImageError.digestMismatch(digest: "sha256:\(image.digest)", path: blob)) {
                try sandbox.driver.images.resolve(.ociLayout(path: layout, tag: "test"))
            }
        }

        @Test("a missing tag, a missing path and a directory that is no layout are told apart")
        func notImages() throws {
            let sandbox = try Sandbox()
            let layout = try sandbox.makeLayout()
            let images = sandbox.driver.images
            #expect(throws: ImageError.notFound(path: layout, tag: "other")) {
                try images.resolve(.ociLayout(path: layout, tag: "other"))
            }
            #expect(throws: ImageError.notFound(path: "/nowhere", tag: nil)) {
                try images.resolve(.ociLayout(path: "/nowhere", tag: nil))
            }
            #expect(throws: ImageError.notFound(path: "/nowhere", tag: nil)) {
                try images.resolve(.rootfs(path: "/nowhere"))
            }
            guard
                case .notAnImage? = #expect(
                    throws: ImageError.self,
                    performing: {
                        try images.resolve(.ociLayout(path: "\(sandbox.root)/rootfs", tag: nil))
                    })
            else {
                Issue.record("a root filesystem passed for a layout")
                return
            }
        }
    }
}

extension ImageStore {
    /// Everything in the store but its locks: images, halves of them, and what is there of pulls.
    func leftovers() throws -> [String] {
        try Files.names(in: root).filter { $0 != ".locks" && $0 != ".partial" } + Files.names(in: partials)
    }
}

extension Sandbox {
    /// An image layout of the busybox root filesystem, made with umoci.
    ///
    /// - Parameter add: puts more into the root filesystem before.
    func makeLayout(_ add: (String) throws -> Void = { _ in }) throws -> String {
        try add("\(root)/rootfs")
        let layout = "\(root)/layout"
        let image = "\(layout):test"
        func umoci(_ arguments: String...) throws { try ChildProcess("umoci", arguments).run() }
        try umoci("init", "--layout", layout)
        try umoci("new", "--image", image)
        try umoci("insert", "--image", image, "\(root)/rootfs", "/")
        try umoci(
            "config", "--image", image, "--config.entrypoint", "/bin/sh", "--config.cmd", "-c", "--config.cmd",
            "echo $GREETING from $PWD as $(id -u):$(id -g)", "--config.env", "GREETING=hello",
            "--config.workingdir", "/etc", "--config.user", "worker")
        try umoci("gc", "--layout", layout)
        return layout
    }
}
