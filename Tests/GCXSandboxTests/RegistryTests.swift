import GCXModel
import Glibc
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    @Suite(
        "Images of a registry",
        .enabled(
            if: Machine.unpacksImages && Machine.lacks("skopeo", "docker-registry") == nil,
            "needs umoci, skopeo and docker-registry"))
    struct Registries {
        /// A sandbox whose owner allows every registry, and waits little.
        static func sandbox(_ change: (inout ImageSettings) -> Void = { _ in }) throws -> Sandbox {
            var settings = ImageSettings(policy: ImagePolicy(allow: [try #require(ImageRule("*"))]))
            settings.pullPause = .milliseconds(20)
            change(&settings)
            return try Sandbox(images: settings)
        }

        /// A second layer, which does not get smaller.
        private func addLargeLayer(to layout: String, in sandbox: Sandbox) throws {
            let folder = "\(sandbox.root)/large"
            try Files.makeDirectories(folder)
            let bytes = "\(Registry.largeBytes)"
            try ChildProcess("sh", ["-c", "head -c \(bytes) /dev/urandom > \(folder)/file"]).run()
            try ChildProcess("umoci", ["insert", "--image", "\(layout):test", folder, "/large"]).run()
        }

        static func expectRefusal(
            _ image: RegistryReference, by sandbox: Sandbox, _ failure: PullFailure,
            at location: SourceLocation = #_sourceLocation
        ) {
            let error = #expect(throws: ImageError.self, sourceLocation: location) {
                try sandbox.driver.images.resolve(.registry(image))
            }
            guard case .notPulled(_, failure, let reason)? = error else {
                Issue.record("refused for another reason: \(String(describing: error))", sourceLocation: location)
                return
            }
            #expect(!reason.isEmpty && !reason.contains("level=fatal"), sourceLocation: location)
        }

        @Test("an image is pulled by its digest, run, kept, and pulled no second time", arguments: ["oci", "v2s2"])
        func pulled(_ format: String) throws {
            let traces = try Traces.now()
            do {
                let sandbox = try Self.sandbox()
                let registry = try Registry(in: sandbox)
                let digest = try registry.push(
                    "oci:\(try sandbox.makeLayout()):test", as: "team/app:v1", "--format", format)
                let image = try registry.image("team/app", digest)
                let spec = sandbox.spec("") {
                    $0.image = .registry(image)
                    $0.command = []
                }
                let ended = try sandbox.run(spec)
                #expect(ended.text() == "hello from /etc as 1000:1001\n")
                #expect(try ended.job.readPlan().imageDigest == digest)
                #expect(try sandbox.driver.images.leftovers() == [digest])
                let reads = try registry.reads()
                #expect(reads > 0)
                let again = try sandbox.run("echo ran") { $0.image = .registry(image) }
                #expect(again.text() == "ran\n")
                #expect(try registry.reads() == reads, "the registry was asked again")
                for job in [ended.job, again.job] { try sandbox.driver.release(job) }
            }
            #expect(try Traces.settle(to: traces))
        }

        @Test("of an index, the image for this machine is run, and found again by the index's digest")
        func index() throws {
            let sandbox = try Self.sandbox()
            let registry = try Registry(in: sandbox)
            let layout = try sandbox.makeLayout()
            let manifest = try ImageLayout(path: layout).image(tag: "test").digest
            let bytes = try Files.bytes("\(layout)/blobs/sha256/\(manifest)")
            // The registry takes an index only when it has what it names.
            try registry.push("oci:\(layout):test", as: "app:test")
            let ours = ImageIndex.Platform.ours
            let entries = [("s390x", "linux"), (ours.architecture, "windows"), (ours.architecture, "linux")].map {
                var entry = ImageIndex.Descriptor(
                    mediaType: MediaType.manifest, digest: "sha256:\(manifest)", size: UInt64(bytes.count))
                entry.platform = ImageIndex.Platform(architecture: $0.0, os: $0.1)
                return entry
            }
            for (name, wanted) in [("all", entries), ("others", Array(entries.dropLast()))] {
                let index = try JSONFile.encode(ImageIndex(schemaVersion: 2, manifests: wanted), object: "index")
                let digest = SHA256Hex.of(index)
                try DurableFile.write(index, to: "\(layout)/blobs/sha256/\(digest)")
                var top = ImageIndex.Descriptor(
                    mediaType: MediaType.index, digest: "sha256:\(digest)", size: UInt64(index.count))
                top.annotations = [ImageIndex.Descriptor.tagKey: name]
                try JSONFile.write(ImageIndex(schemaVersion: 2, manifests: [top]), to: "\(layout)/index.json")
                #expect(
                    try registry.push("oci:\(layout):\(name)", as: "app:\(name)", "--multi-arch", "index-only")
                        == digest)
            }
            let all = try registry.digest(of: "app:all")
            let image = try registry.image("app", all)
            #expect(try sandbox.driver.images.resolve(.registry(image)).digest == manifest)
            let reads = try registry.reads()
            #expect(try sandbox.driver.images.resolve(.registry(image)).digest == manifest)
            #expect(try registry.reads() == reads)
            let others = try registry.image("app", try registry.digest(of: "app:others"))
            guard
                case .unsupported? = #expect(
                    throws: ImageError.self, performing: { try sandbox.driver.images.resolve(.registry(others)) })
            else {
                Issue.record("an image for other machines was taken")
                return
            }
            #expect(try sandbox.driver.images.leftovers() == [manifest])
        }

        @Test("a pull that the network breaks goes on with the layers that are there")
        func interrupted() throws {
            let sandbox = try Self.sandbox()
            let registry = try Registry(in: sandbox)
            let layout = try sandbox.makeLayout()
            try addLargeLayer(to: layout, in: sandbox)
            let digest = try registry.push("oci:\(layout):test", as: "app:v1")
            let layers = try ImageLayout(path: layout).image(tag: "test").manifest.layers
            let relay = try Relay(to: registry.port)
            defer { relay.close() }
            let image = try registry.image("app", digest, through: relay.port)
            relay.fail(by: .cut)
            Self.expectRefusal(image, by: sandbox, .network)
            #expect(try sandbox.driver.images.leftovers() == [digest], "what is there of the pull")
            #expect(try sandbox.driver.images.digests().isEmpty)
            relay.fail(by: .none)
            #expect(try sandbox.driver.images.resolve(.registry(image)).digest == digest)
            #expect(try registry.reads(of: layers[0].digest) == 1, "the small layer came once")
            #expect(try registry.reads(of: layers[1].digest) > 1, "the large one was cut")
            #expect(try Files.names(in: sandbox.driver.images.partials).isEmpty)
            let size = Disk.size(of: "\(sandbox.driver.images.path(of: digest))/rootfs/large/file")
            #expect(size == UInt64(Registry.largeBytes))
        }

        @Test("a pull whose tool is killed is tried again")
        func killed() throws {
            let sandbox = try Self.sandbox()
            let registry = try Registry(in: sandbox)
            let layout = try sandbox.makeLayout()
            try addLargeLayer(to: layout, in: sandbox)
            let digest = try registry.push("oci:\(layout):test", as: "app:v1")
            let layers = try ImageLayout(path: layout).image(tag: "test").manifest.layers
            let relay = try Relay(to: registry.port)
            defer { relay.close() }
            relay.fail(by: .stall)
            let small = PartialLayout(path: "\(sandbox.driver.images.partials)/\(digest)")
                .blob(String(layers[0].digest.dropFirst(7)))
            let place = "127.0.0.1:\(relay.port)/"
            Relay.thread {
                while !(relay.hasStalled && Files.exists(small)) { GCXLinux.pause(for: .milliseconds(10)) }
                let tools = ((try? Files.names(in: "/proc")) ?? []).compactMap { pid_t($0) }.filter { pid in
                    let words = (try? Files.text("/proc/\(pid)/cmdline")) ?? ""
                    return words.hasPrefix("skopeo") && words.contains(place)
                }
                relay.fail(by: .none)
                for pid in tools { kill(pid, SIGKILL) }
            }
            let image = try registry.image("app", digest, through: relay.port)
            #expect(try sandbox.driver.images.resolve(.registry(image)).digest == digest)
            #expect(try registry.reads(of: layers[0].digest) == 1, "the small layer came once")
            #expect(try registry.reads(of: layers[1].digest) == 2, "the large one was begun twice")
        }

        @Test("an image whose layer is gone is refused, and pulled once it is back")
        func missingLayer() throws {
            let sandbox = try Self.sandbox()
            let registry = try Registry(in: sandbox)
            let layout = try sandbox.makeLayout()
            let digest = try registry.push("oci:\(layout):test", as: "app:v1")
            let layer = registry.blob(try ImageLayout(path: layout).image(tag: "test").manifest.layers[0].digest)
            let image = try registry.image("app", digest)
            rename(layer, "\(layer).away")
            Self.expectRefusal(image, by: sandbox, .missing)
            rename("\(layer).away", layer)
            #expect(try sandbox.driver.images.resolve(.registry(image)).digest == digest)
        }

        @Test(
            "bytes that are not those of the digest are refused, and nothing of them stays", arguments: [false, true])
        func damaged(isManifest: Bool) throws {
            let sandbox = try Self.sandbox()
            let registry = try Registry(in: sandbox)
            let layout = try sandbox.makeLayout()
            let digest = try registry.push("oci:\(layout):test", as: "app:v1")
            let layer = try ImageLayout(path: layout).image(tag: "test").manifest.layers[0].digest
            let file = registry.blob(isManifest ? digest : layer)
            var bytes = try Files.bytes(file)
            bytes[bytes.count / 2] ^= 1
            try DurableFile.write(bytes, to: file)
            let image = try registry.image("app", digest)
            #expect(throws: ImageError.self) { try sandbox.driver.images.resolve(.registry(image)) }
            if !isManifest { Self.expectRefusal(image, by: sandbox, .damaged) }
            #expect(try sandbox.driver.images.leftovers().isEmpty)
        }

        @Test("a digest that the registry does not have, and a registry that is not there, are refused")
        func unknown() throws {
            let sandbox = try Self.sandbox()
            let registry = try Registry(in: sandbox)
            try registry.push("oci:\(try sandbox.makeLayout()):test", as: "app:v1")
            let digest = String(repeating: "7", count: 64)
            Self.expectRefusal(try registry.image("app", digest), by: sandbox, .missing)
            let relay = try Relay(to: registry.port)
            relay.close()
            Self.expectRefusal(
                try RegistryReference("docker://127.0.0.1:9/app@sha256:\(digest)"), by: sandbox, .network)
            #expect(throws: ImageError.notPinned("docker://\(registry.name)/app:v1")) {
                try sandbox.driver.images.resolve(.registry(RegistryReference("docker://\(registry.name)/app:v1")))
            }
        }

        @Test("an image that is too large is refused before a layer is fetched", arguments: ["image", "store"])
        func oversized(by limit: String) throws {
            let sandbox = try Self.sandbox {
                if limit == "image" { $0.unpackedBytesMax = 4 << 20 } else { $0.storeBytesMax = 4 << 20 }
            }
            let registry = try Registry(in: sandbox)
            let layout = try sandbox.makeLayout()
            try addLargeLayer(to: layout, in: sandbox)
            let digest = try registry.push("oci:\(layout):test", as: "app:v1")
            let error = #expect(throws: ImageError.self) {
                try sandbox.driver.images.resolve(.registry(registry.image("app", digest)))
            }
            guard case .tooLarge(_, "the size of its layers", 4_194_304)? = error else {
                Issue.record("refused for another reason: \(String(describing: error))")
                return
            }
            for layer in try ImageLayout(path: layout).image(tag: "test").manifest.layers {
                #expect(try registry.reads(of: layer.digest) == 0)
            }
            #expect(try sandbox.driver.images.leftovers().isEmpty)
        }

        @Test("a layer that a manifest would have fetched from elsewhere is refused before anybody is asked")
        func elsewhere() throws {
            let sandbox = try Self.sandbox()
            let registry = try Registry(in: sandbox)
            let layout = try sandbox.makeLayout()
            let listener = try TCPListener(host: "127.0.0.1", port: 0)
            var manifest = try ImageLayout(path: layout).image(tag: "test").manifest
            manifest.layers[0].urls = ["http://\(listener.endpoint)/secret"]
            let digest = try registry.put(manifest, as: "app", from: layout)
            let error = #expect(throws: ImageError.self) {
                try sandbox.driver.images.resolve(.registry(registry.image("app", digest)))
            }
            #expect(error?.description.contains("outside the registry") == true)
            let asked = try listener.accept(milliseconds: 0) != nil
            #expect(!asked, "somebody was asked on a stranger's word")
            #expect(try sandbox.driver.images.leftovers().isEmpty)
        }
    }
}

extension Registry {
    /// The digest that a tag has now.
    func digest(of tag: String) throws -> String {
        SHA256Hex.of(
            Array(
                try ChildProcess("skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(name)/\(tag)"]).run()
                    .utf8))
    }

    /// Pushes a manifest as it is, which no tool would make, over the blobs of an image of the layout.
    func put(_ manifest: ImageManifest, as path: String, from layout: String) throws -> String {
        try push("oci:\(layout):test", as: "\(path):base")
        let bytes = try JSONFile.encode(manifest, object: "manifest")
        let digest = SHA256Hex.of(bytes)
        try Files.makeDirectories(String(blob(digest).dropLast("/data".count)))
        try DurableFile.write(bytes, to: blob(digest))
        let links = "\(root)/data/docker/registry/v2/repositories/\(path)/_manifests/revisions/sha256/\(digest)"
        try Files.makeDirectories(links)
        try DurableFile.write("sha256:\(digest)".utf8, to: "\(links)/link")
        return digest
    }
}
