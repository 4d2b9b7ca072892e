import GCXModel
import Testing

@testable import GCXLinux
@testable import GCXSandbox

@Suite("Which image of an index is meant")
struct ImageIndexTests {
    private let ours = ImageMachine.ownArchitecture

    /// An image whose command is its name, with a platform beside it.
    private func entry(
        _ name: String, in maker: ImageMaker, _ platform: [String: Any]?, architecture: String? = nil
    ) throws -> [String: Any] {
        maker.config["config"] = ["Cmd": [name]]
        maker.config["architecture"] = architecture ?? ImageMachine.ownArchitecture
        var entry = try maker.put()
        entry["platform"] = platform
        return entry
    }

    private func index(_ entries: [[String: Any]], in maker: ImageMaker) throws -> [String: Any] {
        try maker.put(
            ImageMaker.json(["schemaVersion": 2, "mediaType": MediaType.index, "manifests": entries]), MediaType.index)
    }

    private func command(_ maker: ImageMaker, for machine: ImageMachine = ImageMachine()) throws -> String? {
        try maker.image(for: machine).config.config?.command?.first
    }

    @Test("of an index the best entry for the machine is taken")
    func best() throws {
        let maker = try ImageMaker()
        func platform(_ variant: String? = nil, os: String = "linux", _ architecture: String? = nil) -> [String: Any] {
            var platform: [String: Any] = ["architecture": architecture ?? ours, "os": os]
            platform["variant"] = variant
            return platform
        }
        let entries = [
            try entry("other", in: maker, platform(nil, "s390x")),
            try entry("windows", in: maker, platform(os: "windows")),
            try entry("plain", in: maker, platform()), try entry("second", in: maker, platform()),
            try entry("v3", in: maker, platform("v3")), try entry("v4", in: maker, platform("v4")),
            try entry("odd", in: maker, platform("strange")),
        ]
        // Within an index of its own, and right in index.json.
        for wraps in [true, false] {
            try maker.write(wraps ? [try index(entries, in: maker)] : entries)
            #expect(try command(maker) == "plain", "nobody knows the processors, so the oldest runs for certain")
            #expect(try command(maker, for: ImageMachine(generation: 1)) == "plain")
            #expect(try command(maker, for: ImageMachine(generation: 3)) == "v3")
            #expect(try command(maker, for: ImageMachine(generation: 9)) == "v4")
        }
        try maker.write([try index(Array(entries.prefix(2)), in: maker)])
        let error = #expect(throws: ImageError.self) { try maker.image() }
        #expect(
            error?.description.contains("none of its platforms is linux/\(ours)") == true
                && error?.description.contains("linux/s390x, windows/\(ours)") == true, "\(String(describing: error))")
    }

    @Test("an entry that does not say for what it is made is judged by its configuration")
    func unsaid() throws {
        let maker = try ImageMaker()
        try maker.write([try index([try entry("it", in: maker, nil)], in: maker)])
        #expect(try command(maker) == "it")
        try maker.write([try index([try entry("it", in: maker, nil, architecture: "s390x")], in: maker)])
        let error = #expect(throws: ImageError.self) { try maker.image() }
        #expect(error?.description.contains("it is for s390x") == true)
    }

    @Test("attestations are not taken for images")
    func attestations() throws {
        let maker = try ImageMaker()
        let image = try entry("it", in: maker, ["architecture": ours, "os": "linux"])
        var said = try entry("said", in: maker, ["architecture": "unknown", "os": "unknown"])
        said["annotations"] = ["vnd.docker.reference.type": "attestation-manifest"]
        var bare = said
        bare["platform"] = nil
        for entries in [[said, image], [bare, image], [image, said]] {
            try maker.write([try index(entries, in: maker)])
            #expect(try command(maker) == "it")
            try maker.write(entries)
            #expect(try command(maker) == "it")
        }
        try maker.write([try index([said], in: maker)])
        #expect(throws: ImageError.self) { try maker.image() }
    }

    @Test("an index in an index is read once, and refused beyond")
    func nested() throws {
        let maker = try ImageMaker()
        let image = try entry("it", in: maker, ["architecture": ours, "os": "linux"])
        let inner = try index([image], in: maker)
        try maker.write([inner])
        #expect(try command(maker) == "it")
        try maker.write([try index([inner], in: maker)])
        let error = #expect(throws: ImageError.self) { try maker.image() }
        #expect(error?.description.contains("its index names another index") == true)
        guard case .fix(let remedy)? = error?.remedy else {
            Issue.record("no remedy")
            return
        }
        #expect(remedy.contains("skopeo copy"))
    }

    @Test("several images want a tag, and a tag that is not there is named")
    func tags() throws {
        let maker = try ImageMaker()
        var entries = [try entry("a", in: maker, nil), try entry("b", in: maker, nil)]
        for (index, tag) in ["a", "b"].enumerated() {
            entries[index]["annotations"] = [ImageIndex.Descriptor.tagKey: tag]
        }
        try maker.write(entries)
        let error = #expect(throws: ImageError.self) { try maker.image() }
        #expect(error?.description.contains("several images (a, b)") == true)
        #expect(try ImageLayout(path: maker.path).image(tag: "b").config.config?.command == ["b"])
        #expect(throws: ImageError.notFound(path: maker.path, tag: "c")) {
            try ImageLayout(path: maker.path).image(tag: "c")
        }
    }

    @Test("the generation of a machine is that which all its processors have")
    func generations() {
        let (two, three) = (
            "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3", "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"
        )
        let four = "avx512f avx512bw avx512cd avx512dq avx512vl"
        for (flags, generation) in [
            ([""], 1), ([two], 2), (["\(two) \(three)"], 3), (["\(two) \(three) \(four)"], 4), (["\(three)"], 1),
            (["\(two) \(three)", two], 2),
        ] {
            let text = flags.map { "processor : 0\nflags\t\t: fpu \($0)\n" }.joined()
            #expect(ImageMachine.generation(of: text) == generation, "\(flags)")
        }
        #expect(ImageMachine.generation(of: "processor : 0\n") == nil)
    }

    @Test(
        "an archive is judged by its documents, before anything is sent",
        .enabled(if: ChildProcess.find("tar") != nil, "needs tar"))
    func archive() throws {
        let maker = try ImageMaker()
        func check() throws {
            let archive = "\(maker.folder.path)/image.tar"
            try ChildProcess("tar", ["-cf", archive, "-C", maker.path, "."]).run()
            try ImageSource.ociArchive(path: archive, tag: nil).check()
        }
        try maker.write()
        try check()
        maker.layers[0].type = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"
        try maker.write()
        let error = #expect(throws: ImageError.self) { try check() }
        #expect(error?.description.contains("a layer is encrypted") == true)
    }

    @Test("a registry's documents are judged before its layers, and what cannot be read says nothing")
    func registry() throws {
        let maker = try ImageMaker()
        /// What the buyer's side makes of the image; documents of these digests cannot be read.
        func check(_ top: [String: Any], hiding hidden: Set<String> = []) throws -> Bool {
            let image = try RegistryReference("docker://127.0.0.1:9/app@\(top["digest"] ?? "")")
            let documents = try RegistryDocuments(
                of: image, in: "\(maker.folder.path)/\(hidden.count)-\(image.digest ?? "")")
            return try documents.check(hasCommand: true) { digest, isConfiguration in
                guard !hidden.contains(digest), let bytes = try? Files.bytes("\(maker.path)/blobs/sha256/\(digest)")
                else {
                    return nil
                }
                guard isConfiguration else { return bytes }
                let manifest = try? JSONFile.decode(ImageManifest.self, bytes, object: "manifest")
                return try? Files.bytes("\(maker.path)/blobs/sha256/\(manifest?.config.digest.dropFirst(7) ?? "")")
            }
        }
        let right = try entry("it", in: maker, ["architecture": ours, "os": "linux"])
        let top = try index([right], in: maker)
        #expect(try check(top))
        let hidden = "\(right["digest"] ?? "")".replacing("sha256:", with: "")
        #expect(try !check(top, hiding: [hidden]))
        let wrong = try entry("it", in: maker, nil, architecture: "s390x")
        let error = #expect(throws: ImageError.self) { try check(wrong) }
        #expect(error?.description.contains("it is for s390x") == true, "\(String(describing: error))")
    }
}
