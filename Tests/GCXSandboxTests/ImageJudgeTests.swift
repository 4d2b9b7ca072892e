import GCXModel
import Testing

@testable import GCXLinux
@testable import GCXSandbox

@Suite("Which images can be run, by what they say of themselves")
struct ImageJudgeTests {
    private let machine = ImageMachine()
    private let other = ImageMachine.ownArchitecture == "amd64" ? "arm64" : "amd64"

    /// What is said of an image, with its remedy; nil when it can be run.
    private func refusal(
        _ machine: ImageMachine = ImageMachine(), hasCommand: Bool = true, _ change: (ImageMaker) throws -> Void
    ) throws -> ImageError? {
        let maker = try ImageMaker()
        try change(maker)
        do {
            try maker.write().source().check(for: machine, hasCommand: hasCommand)
            return nil
        } catch let error as ImageError { return error }
    }

    /// Expects a refusal that is held against the image and says so, with something to do.
    private func expect(
        _ reason: String, _ machine: ImageMachine = ImageMachine(), hasCommand: Bool = true,
        location: SourceLocation = #_sourceLocation, _ change: (ImageMaker) throws -> Void
    ) throws {
        let error = try refusal(machine, hasCommand: hasCommand, change)
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))", sourceLocation: location)
        #expect(error?.blame == .image, sourceLocation: location)
        guard case .fix? = error?.remedy else {
            Issue.record("no remedy: \(String(describing: error))", sourceLocation: location)
            return
        }
    }

    @Test("an image as builders write it can be run")
    func usual() throws {
        #expect(try refusal { _ in } == nil)
        #expect(
            try refusal {
                $0.manifest["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
                $0.configType = "application/vnd.docker.container.image.v1+json"
                $0.layers[0].type = "application/vnd.docker.image.rootfs.diff.tar.gzip"
                $0.config["rootfs"] = ["type": "layers", "diff_ids": ["sha256:1"]]
            } == nil)
    }

    @Test("every kind of layer is taken or refused as the table says")
    func layers() throws {
        for type in MediaType.layers { #expect(try refusal { $0.layers[0].type = type } == nil, "\(type)") }
        for type in MediaType.undistributed {
            try expect("a layer is not handed on with the image (`\(type)`)") { $0.layers[0].type = type }
        }
        for type in MediaType.encryptedLayers {
            try expect("a layer is encrypted (`\(type)`)") { $0.layers[0].type = type }
        }
        try expect("a layer is of the kind `application/vnd.wasm.content.layer.v1+wasm`") {
            $0.layers[0].type = "application/vnd.wasm.content.layer.v1+wasm"
        }
    }

    @Test("what is no image to run is refused, by the kind of its configuration")
    func artifacts() throws {
        for type in MediaType.otherConfigs.union(["application/vnd.cncf.helm.config.v1+json"]) {
            try expect("it is no image to run but an artifact of the kind `\(type)`") { $0.configType = type }
        }
    }

    @Test("an index or a manifest of another schema is refused")
    func schemas() throws {
        try expect("schema 1") { $0.manifest["schemaVersion"] = 1 }
        let maker = try ImageMaker()
        let index: [String: Any] = ["schemaVersion": 1, "mediaType": MediaType.index, "manifests": [try maker.put()]]
        try maker.write([try maker.put(ImageMaker.json(index), MediaType.index)])
        let error = #expect(throws: ImageError.self) { try maker.image() }
        #expect(error?.description.contains("schema 1") == true, "\(String(describing: error))")
    }

    @Test("a document of two kinds is refused")
    func twoThings() throws {
        try expect("two things at once") { $0.manifest["manifests"] = [[String: Any]]() }
        for type in MediaType.otherManifests {
            try expect("is no kind of image") { $0.manifest["mediaType"] = type }
        }
    }

    @Test("what stands in no version of the layout is refused")
    func layoutVersion() throws {
        try expect("not of version 1.0.0") {
            try DurableFile.write(#"{"imageLayoutVersion":"2.0.0"}"#.utf8, to: "\($0.path)/oci-layout")
        }
    }

    @Test("a layer that lies elsewhere is refused")
    func elsewhere() throws {
        try expect("from outside the registry") { maker in
            var layer = try maker.put(maker.layers[0].bytes, MediaType.layer)
            layer["urls"] = ["http://127.0.0.1:9/secret"]
            maker.manifest["layers"] = [layer]
        }
    }

    @Test("layers that together say to be larger than the most are refused, whatever lies there")
    func largeLayers() throws {
        let limit = SandboxLimits.imageCompressedBytesMax
        let error = try refusal { maker in
            var layer = try maker.put(maker.layers[0].bytes, MediaType.layer)
            layer["size"] = limit / 2 + 1
            maker.manifest["layers"] = [layer, layer]
        }
        guard case .tooLarge(_, "the size of its layers", limit)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("more layers than a machine lays over each other are refused")
    func manyLayers() throws {
        let most = SandboxLimits.imageLayersMax
        #expect(try refusal { $0.layers = Array(repeating: $0.layers[0], count: most) } == nil)
        try expect("it has 128 layers, and 127 are the most") {
            $0.layers = Array(repeating: $0.layers[0], count: most + 1)
        }
    }

    @Test("what is made for another machine is refused")
    func machines() throws {
        try expect("it is for \(other)") { $0.config["architecture"] = other }
        try expect("it is for windows") { $0.config["os"] = "windows" }
        try expect("it asks for the feature `win32k`") { $0.config["os.features"] = ["win32k"] }
        try expect("`vv` is no known variant") { $0.config["variant"] = "vv" }
        let old = ImageMachine(generation: 2)
        try expect("v3, and this machine is v2", old) { $0.config["variant"] = "v3" }
        #expect(try refusal(old) { $0.config["variant"] = "v2" } == nil)
        #expect(try refusal(machine) { $0.config["variant"] = "v3" } == nil, "nobody knows the processors")
    }

    @Test("a configuration that does not fit its manifest is refused")
    func rootfs() throws {
        try expect("`rootfs.type`") { $0.config["rootfs"] = ["type": "snapshots"] }
        try expect("it names 2 layers, and the manifest 1") {
            $0.config["rootfs"] = ["type": "layers", "diff_ids": ["sha256:1", "sha256:2"]]
        }
    }

    @Test("what no process can be started with is refused by its field")
    func configurations() throws {
        for (field, value) in [
            ("StopSignal", "SIGFOO"), ("StopSignal", "65"), ("WorkingDir", "app"), ("WorkingDir", "/\0"),
            ("User", String(repeating: "x", count: 300)),
        ] as [(String, Any)] {
            try expect("`\(field)`") { $0.config["config"] = [field: value] }
        }
        try expect("`Env`") { $0.config["config"] = ["Env": ["A=\0"]] }
        try expect("neither the job nor its image has a command", hasCommand: false) { _ in }
        #expect(try refusal(hasCommand: false) { $0.config["config"] = ["Cmd": ["/bin/true"]] } == nil)
    }

    @Test("fields that say nothing for a job change nothing")
    func passedOver() throws {
        let error = try refusal { maker in
            var layer = try maker.put(maker.layers[0].bytes, "application/vnd.oci.image.layer.v1.tar")
            (layer["data"], layer["artifactType"], layer["annotations"]) = ("Zm9v", "a/b", ["a": "b"])
            maker.manifest["layers"] = [layer]
            (maker.manifest["artifactType"], maker.manifest["annotations"]) = ("a/b", ["a": "b"])
            maker.manifest["subject"] = ["mediaType": "a/b", "digest": "sha256:0", "size": 1]
            for (name, value) in [
                ("created", "2024-01-01T00:00:00Z"), ("author", "me"), ("os.version", "6.1"),
                ("history", [["created_by": "x", "empty_layer": true]]),
            ] as [(String, Any)] { maker.config[name] = value }
            maker.config["config"] =
                [
                    "ExposedPorts": ["80/tcp": [String: Any]()], "Volumes": ["/data": [String: Any]()],
                    "Labels": ["a": "b"], "ArgsEscaped": true, "Memory": 1, "MemorySwap": -1, "CpuShares": 2,
                    "Healthcheck": ["Test": ["NONE"]], "OnBuild": ["RUN x"], "Shell": ["/bin/sh"],
                ] as [String: Any]
            try maker.write(
                [try maker.put()],
                {
                    ($0["subject"], $0["artifactType"]) = (
                        ["mediaType": "a/b", "digest": "sha256:0", "size": 1], "a/b"
                    )
                })
        }
        #expect(error == nil)
    }

    @Test("a blob that is missing, damaged or of another size is found before anything is sent")
    func blobs() throws {
        func layer(of maker: ImageMaker) throws -> String {
            "\(maker.path)/\(try maker.write().image().manifest.layers[0].digest.replacing("sha256:", with: "blobs/sha256/"))"
        }
        let changes: [(String, (String) throws -> Void)] = [
            ("is missing", { try Files.remove($0) }),
            ("are not those of", { try DurableFile.write(try Files.bytes($0) + [0], to: $0) }),
            (
                "are not those of",
                {
                    var bytes = try Files.bytes($0)
                    bytes[1000] ^= 1
                    try DurableFile.write(bytes, to: $0)
                }
            ),
        ]
        for (reason, change) in changes {
            let maker = try ImageMaker()
            try change(try layer(of: maker))
            let error = #expect(throws: ImageError.self) { try maker.source().check() }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
            #expect(error?.blame == .image)
        }
        try expect("is not a SHA-256 digest") { maker in
            var layer = try maker.put(maker.layers[0].bytes, MediaType.layer)
            layer["digest"] = "sha512:" + String(repeating: "0", count: 128)
            maker.manifest["layers"] = [layer]
        }
    }

    @Test(
        "a layer that is compressed otherwise than by gzip or zstd is found before anything is sent, whatever its name")
    func compression() throws {
        let xz: [UInt8] = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] + [UInt8](repeating: 7, count: 600)
        for bytes in [xz, Array("BZh9".utf8) + [UInt8](repeating: 7, count: 600), Array("text".utf8)] {
            try expect("a layer is neither a tar archive nor one with gzip or zstd") { $0.layers[0].bytes = bytes }
        }
        let forms: [([UInt8], LayerForm)] = [
            ([], .empty), ([UInt8](repeating: 0, count: 512), .empty), ([0x1f, 0x8b, 8], .gzip),
            ([0x28, 0xb5, 0x2f, 0xfd], .zstd), ([0x51, 0x2a, 0x4d, 0x18], .zstd),
            (EvilEntry.archive([EvilEntry(name: "f")]).prefix(512) + [], .tar), (xz, .other),
        ]
        for (head, form) in forms { #expect(LayerForm(head) == form) }
    }
}
