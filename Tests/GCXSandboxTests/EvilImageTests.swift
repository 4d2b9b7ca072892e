import GCXJobLog
import GCXModel
import Glibc
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    /// Images that are made to do harm: each is refused, or harmless inside, and nothing outside has changed.
    @Suite("Evil images", .enabled(if: Machine.unpacksImages, "needs umoci"))
    struct EvilImages {
        /// Puts a layer of these entries over the busybox image; answers the layout.
        private func layout(_ layer: [UInt8], in sandbox: Sandbox) throws -> String {
            let layout = try sandbox.makeLayout()
            let file = "\(layout)/layer.tar"
            try DurableFile.write(layer, to: file)
            try ChildProcess("umoci", ["raw", "add-layer", "--image", "\(layout):test", file]).run()
            try Files.remove(file)
            return layout
        }

        /// What lies around the store and must stay as it is.
        private func canary(of sandbox: Sandbox) throws -> [String] {
            let listing = try ChildProcess(
                "find",
                [sandbox.root, "-path", "\(sandbox.root)/state", "-prune", "-o", "-printf", "%p %M %U %G %n %s\n"]
            ).run().split(separator: "\n").map(String.init)
            return listing.filter { !$0.contains("/layout") } + [try Files.text("\(sandbox.root)/canary")]
        }

        /// Resolves the image and runs a job on it, where it is not refused; then looks that nothing outside has changed.
        private func expectHarmless(
            _ what: String, _ entries: [EvilEntry], script: String = "echo ran",
            check: (Ended, String) throws -> Void = { _, _ in }
        ) throws {
            let traces = try Traces.now()
            do {
                let sandbox = try Sandbox()
                try DurableFile.write("untouched\n".utf8, to: "\(sandbox.root)/canary")
                chmod("\(sandbox.root)/canary", 0o600)
                let targeted = entries.map { entry in
                    var entry = entry
                    entry.target = entry.target.replacing("CANARY", with: "\(sandbox.root)/canary")
                    entry.name = entry.name.replacing("CANARY", with: "\(sandbox.root)/canary")
                    return entry
                }
                let layout = try layout(EvilEntry.archive(targeted), in: sandbox)
                let before = try canary(of: sandbox)
                var refusal: ImageError?
                do {
                    let ended = try sandbox.run(script) {
                        $0.image = .ociLayout(path: layout, tag: "test")
                    }
                    try check(ended, sandbox.driver.images.root)
                    #expect(!ended.text().contains("untouched"), "\(what): read what is not its own")
                    try sandbox.driver.release(ended.job)
                    try sandbox.driver.wipe(ended.job)
                } catch SandboxError.image(let error) { refusal = error }
                #expect(
                    try canary(of: sandbox) == before,
                    "\(what): changed something outside (\(String(describing: refusal)))")
                // An image whose users cannot be read is whole all the same, and stays in the store.
                if case .unknownUser? = refusal {
                } else if refusal != nil {
                    #expect(try sandbox.driver.images.leftovers().isEmpty, "\(what): left something")
                }
                for path in [
                    "/gcx-evil", "/tmp/gcx-evil", "\(sandbox.root)/gcx-evil", "\(sandbox.root)/state/gcx-evil",
                ] {
                    #expect(!Files.exists(path), "\(what): wrote \(path)")
                }
            }
            #expect(try Traces.settle(to: traces))
        }

        @Test("names that climb, or begin at the root, stay inside")
        func names() throws {
            let content = Array("evil".utf8)
            try expectHarmless(
                "climbs",
                (1...12).map { EvilEntry(name: String(repeating: "../", count: $0) + "gcx-evil", content: content) })
            try expectHarmless("is absolute", [EvilEntry(name: "/tmp/gcx-evil", content: content)])
            try expectHarmless("overwrites", [EvilEntry(name: "CANARY", content: content)])
        }

        @Test("nothing is written, read or given away through a link that leads out")
        func links() throws {
            let content = Array("evil".utf8)
            try expectHarmless(
                "writes through a link",
                [
                    EvilEntry(name: "door", kind: "2", target: "/tmp"),
                    EvilEntry(name: "door/gcx-evil", content: content),
                    EvilEntry(name: "up", kind: "2", target: "../../../../../tmp"),
                    EvilEntry(name: "up/gcx-evil", content: content),
                    EvilEntry(name: "file", kind: "2", target: "CANARY"), EvilEntry(name: "file", content: content),
                ])
            try expectHarmless(
                "hard links a file of the host", [EvilEntry(name: "stolen", kind: "1", target: "CANARY")],
                script: "cat /stolen")
            try expectHarmless(
                "hard links through a link",
                [
                    EvilEntry(name: "door", kind: "2", target: "CANARY"),
                    EvilEntry(name: "stolen", kind: "1", target: "door"),
                ], script: "cat /stolen; cat /door")
            try expectHarmless(
                "has its users elsewhere", [EvilEntry(name: "etc/passwd", kind: "2", target: "CANARY")],
                script: "cat /etc/passwd")
        }

        @Test("a mount point that is a link leads nowhere")
        func mountPoints() throws {
            try expectHarmless(
                "mounts elsewhere",
                ["proc", "sys", "dev", "tmp", "output"].flatMap {
                    [EvilEntry(name: ".wh.\($0)"), EvilEntry(name: $0, kind: "2", target: "../../../../../tmp")]
                }, script: "touch /output/gcx-evil /tmp/gcx-evil; ls -d /proc/self/fd")
        }

        @Test("whiteouts remove only what is inside")
        func whiteouts() throws {
            try expectHarmless(
                "removes above", [EvilEntry(name: ".wh..."), EvilEntry(name: "etc/.wh..."), EvilEntry(name: ".wh..")])
            try expectHarmless(
                "removes by a climb", [EvilEntry(name: "../.wh.canary"), EvilEntry(name: "../../.wh.jobs")])
            try expectHarmless(
                "removes through a link",
                [EvilEntry(name: "door", kind: "2", target: "/tmp"), EvilEntry(name: "door/.wh..wh..opq")])
            try expectHarmless("empties itself", [EvilEntry(name: ".wh..wh..opq")])
        }

        @Test("devices cannot be opened, and set-uid bits give nothing")
        func privileges() throws {
            let own = try Files.bytes("/bin/busybox")
            try expectHarmless(
                "brings devices and set-uid programs",
                [
                    EvilEntry(name: "memory", kind: "3", mode: "0000666", device: (1, 1)),
                    EvilEntry(name: "null", kind: "3", mode: "0000666", device: (1, 3)),
                    EvilEntry(name: "disk", kind: "4", mode: "0000666", device: (254, 0)),
                    EvilEntry(name: "become", mode: "0004755", content: own),
                ],
                script: """
                    for f in /null /memory /disk; do test -e $f && head -c 1 $f > /dev/null 2>&1 && echo OPENED $f; done
                    test -u /become && /become id -u; echo over
                    """
            ) { ended, store in
                #expect(!ended.text().contains("OPENED"), "\(ended.text())")
                #expect(ended.text().hasSuffix("over\n"), "\(ended.text() + ended.text(.error))")
                var status = stat()
                #expect(stat(store, &status) == 0 && status.st_mode & 0o777 == 0o700, "anybody may enter the store")
            }
        }

        @Test(
            "a layer that grows without end is stopped at the limit, and nothing of it stays", arguments: [true, false])
        func bomb(isSparse: Bool) throws {
            let sandbox = try Sandbox(images: ImageSettings(unpackedBytesMax: 64 << 20))
            let layout = try sandbox.makeLayout()
            let tar = "\(sandbox.root)/bomb.tar"
            let zeros = "\(sandbox.root)/zeros"
            try ChildProcess("truncate", ["-s", isSparse ? "8T" : "1G", zeros]).run()
            try ChildProcess(
                "tar", ["-cf", tar, "-C", sandbox.root] + (isSparse ? ["--sparse"] : []) + ["zeros"],
                timeout: .seconds(120)
            ).run()
            try ChildProcess(
                "umoci", ["raw", "add-layer", "--image", "\(layout):test", tar], timeout: .seconds(300)
            ).run()
            for file in [tar, zeros] { try Files.remove(file) }
            let error = #expect(throws: ImageError.self) {
                try sandbox.driver.images.resolve(.ociLayout(path: layout, tag: "test"))
            }
            #expect(try sandbox.driver.images.leftovers().isEmpty)
            if !isSparse, case .tooLarge? = error {
            } else if !isSparse {
                Issue.record("refused for another reason: \(String(describing: error))")
            }
        }
    }

    /// Configurations of images that no process can be started with, or that ask for what a job does not get.
    @Suite("Absurd configurations of images", .enabled(if: Machine.unpacksImages, "needs umoci"))
    struct AbsurdConfigs {
        private func merge(_ config: ImageConfig.Defaults, command: [String] = []) throws -> ProcessSpec {
            let sandbox = try Sandbox()
            let entry = ImageStore.Entry(rootfs: "\(sandbox.root)/rootfs", config: config, digest: nil)
            return try ProcessSpec.merge(
                sandbox.spec("") { $0.command = command }, over: entry, by: try .located(beside: Machine.supervisor))
        }

        @Test(
            "a user that no job may be is refused",
            arguments: ["-1", "4294967295", "65536", "1000:-1", "0:65536", "nobody", "../root", "99999999999999999999"])
        func users(user: String) {
            #expect(throws: ImageError.self) { try merge(.init(user: user, command: ["/bin/sh"])) }
        }

        @Test("strings that the kernel would cut or refuse are refused")
        func strings() {
            let long = String(repeating: "x", count: 128 << 10)
            for (field, config) in [
                ("Entrypoint", ImageConfig.Defaults(entryPoint: ["/bin/sh\0-c"])),
                ("Entrypoint", .init(entryPoint: [], command: [long])),
                ("Env", .init(environment: ["A=b\0C=d"], command: ["/bin/sh"])),
                ("Env", .init(environment: ["A=\(long)"], command: ["/bin/sh"])),
                ("Env", .init(environment: (0..<80).map { "A\($0)=\(long.dropLast(1000))" }, command: ["/bin/sh"])),
                ("WorkingDir", .init(command: ["/bin/sh"], workingDirectory: "../..")),
                ("WorkingDir", .init(command: ["/bin/sh"], workingDirectory: "/\0")),
            ] {
                let error = #expect(throws: ImageError.self) { try merge(config) }
                guard case .unusableConfig(field, _)? = error else {
                    Issue.record("\(field): refused for another reason: \(String(describing: error))")
                    continue
                }
            }
            #expect(throws: ImageError.noCommand) { try merge(.init(entryPoint: [], command: [])) }
        }

        @Test("what is no variable is dropped, and a directory that climbs ends at the job's own root")
        func harmless() throws {
            let spec = try merge(
                .init(environment: ["NONE", "=x", "", "A=b=c"], command: ["/bin/sh"], workingDirectory: "/../../.."))
            #expect(spec.environment.filter { !$0.hasPrefix("PATH=") && !$0.hasPrefix("HOME=") } == ["A=b=c"])
            let sandbox = try Sandbox()
            let ended = try sandbox.run("pwd; ls -d /bin") { $0.workingDirectory = "/../../.." }
            #expect(ended.text() == "/\n/bin\n")
        }

        @Test("volumes, ports and labels mount nothing, open nothing and stop nothing")
        func ignored() throws {
            let sandbox = try Sandbox()
            let layout = try sandbox.makeLayout()
            try ChildProcess(
                "umoci",
                [
                    "config", "--image", "\(layout):test", "--config.volume", "/proc", "--config.volume", "/../../etc",
                    "--config.exposedports", "22/tcp", "--config.label", "a=\(String(repeating: "l", count: 100_000))",
                    "--config.stopsignal", "SIGKILL",
                ]
            ).run()
            let ended = try sandbox.run("mount | grep -c ' /proc '") {
                $0.image = .ociLayout(path: layout, tag: "test")
            }
            #expect(ended.text() == "1\n", "mounted once, by the runtime")
        }

        @Test("a configuration of 10 MB is refused before it is read whole")
        func huge() throws {
            let sandbox = try Sandbox()
            let layout = try sandbox.makeLayout()
            var image = try ImageLayout(path: layout).image(tag: "test")
            image.config.config?.environment = ["A=\(String(repeating: "e", count: 10 << 20))"]
            let config = try JSONFile.encode(image.config, object: "config")
            image.manifest.config.digest = "sha256:\(SHA256Hex.of(config))"
            image.manifest.config.size = UInt64(config.count)
            let manifest = try JSONFile.encode(image.manifest, object: "manifest")
            for bytes in [config, manifest] {
                try DurableFile.write(bytes, to: "\(layout)/blobs/sha256/\(SHA256Hex.of(bytes))")
            }
            let descriptor = ImageIndex.Descriptor(
                mediaType: MediaType.manifest, digest: "sha256:\(SHA256Hex.of(manifest))", size: UInt64(manifest.count))
            try JSONFile.write(ImageIndex(schemaVersion: 2, manifests: [descriptor]), to: "\(layout)/index.json")
            #expect(throws: ImageError.self) { try sandbox.driver.images.resolve(.ociLayout(path: layout, tag: nil)) }
            #expect(try sandbox.driver.images.leftovers().isEmpty)
        }
    }
}
