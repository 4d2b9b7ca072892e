import GCXLinux
import GCXModel
import Glibc

/// An OCI image layout on disk; everything read from it is checked against its digest.
struct ImageLayout {
    let path: String
    /// What errors call it.
    let label: String
    /// Who opens the files of a layout that a stranger filled; nil for one that this machine's own programs made.
    let reader: LayoutReader?
    let judge: ImageJudge

    init(
        path: String, label: String? = nil, reader: LayoutReader? = nil, machine: ImageMachine = .own
    ) {
        self.path = path
        self.label = label ?? path
        self.reader = reader
        judge = ImageJudge(label: self.label, machine: machine)
    }

    /// One image of the layout.
    struct Image {
        var manifest: ImageManifest
        var config: ImageConfig
        /// 64 hexadecimal digits, the name of the image everywhere.
        var digest: String
        /// The names it was asked for by: its own, and that of the index it was found in.
        var names: Set<String>
    }

    /// The image `tag`, or the only one, with manifest and configuration checked; the layers are not read yet.
    func image(tag: String?) throws(ImageError) -> Image {
        if !Files.exists(path) { throw .notFound(path: label, tag: nil) }
        let header = try decode(ImageIndex.Header.self, try document("oci-layout"), "file oci-layout")
        guard header.imageLayoutVersion == ImageIndex.Header.version else {
            throw .notAnImage(path: label, reason: "its layout is not of version \(ImageIndex.Header.version)")
        }
        let bytes = try document("index.json")
        let index = try decode(ImageIndex.self, bytes, "index.json")
        return try image(digest: try name(of: try pick(tag, from: index).digest))
    }

    /// The image whose manifest, or whose index of several platforms, has this digest, checked as above.
    func image(digest asked: String) throws(ImageError) -> Image {
        let digest = try manifestDigest(asked)
        let manifest = try manifest(digest)
        let config = try decode(ImageConfig.self, try blob(try name(of: manifest.config.digest)), "configuration")
        try judge.check(config, of: manifest)
        return Image(manifest: manifest, config: config, digest: digest, names: [asked, digest])
    }

    /// The digest of the manifest for this machine: the one asked for, or one of the index that it names.
    func manifestDigest(_ asked: String) throws(ImageError) -> String {
        let bytes = try blob(asked)
        guard try kind(of: bytes) == .index else { return asked }
        let index = try decode(ImageIndex.self, bytes, "image index")
        guard index.schemaVersion == 2 else {
            throw .notAnImage(path: label, reason: "its index is of schema \(index.schemaVersion)")
        }
        guard let ours = fitting(index.manifests.filter { !$0.isIndex }) else {
            throw noneFits(index.manifests)
        }
        return try name(of: ours.digest)
    }

    /// The manifest of this digest, with layers that are within bounds and come from nowhere else.
    func manifest(_ digest: String) throws(ImageError) -> ImageManifest {
        let bytes = try blob(digest)
        guard try kind(of: bytes) == .manifest else {
            throw .notAnImage(path: label, reason: "its index names what is no image for a machine but another index")
        }
        let manifest = try decode(ImageManifest.self, bytes, "manifest")
        try judge.check(manifest)
        return manifest
    }

    /// The best of the entries for this machine. One that does not say for what it is made is judged by its configuration,
    /// where there is no better one.
    private func fitting(_ entries: [ImageIndex.Descriptor]) -> ImageIndex.Descriptor? {
        var best: (entry: ImageIndex.Descriptor, fitness: Int)?
        for entry in entries {
            guard let platform = entry.platform, let fitness = judge.machine.fitness(platform) else { continue }
            // Of equals the first is meant (image-index.md).
            if best.map({ fitness > $0.fitness }) ?? true { best = (entry, fitness) }
        }
        return best?.entry ?? entries.first { $0.platform == nil && !$0.isAttestation }
    }

    private func noneFits(_ entries: [ImageIndex.Descriptor]) -> ImageError {
        // One level of indexes is read: nothing makes images with more, and each would be another to follow.
        if entries.contains(where: \.isIndex) {
            return .unsupported(
                path: label, reason: "its index names another index",
                fix: "Copy the image that is meant: `skopeo copy SOURCE oci:DIR:TAG` takes the one for this machine.")
        }
        let found = entries.filter { !$0.isAttestation }.compactMap(\.platform)
            .map { UnpackReport.shown("\($0.os)/\($0.architecture)\($0.variant.map { "/\($0)" } ?? "")") }
        let ours = "linux/\(judge.machine.architecture)"
        return .unsupported(
            path: label,
            reason:
                "none of its platforms is \(ours) as this machine is (it has \(found.prefix(8).joined(separator: ", ")))",
            fix: "Build it for \(ours) (`docker buildx build --platform \(ours)`).")
    }

    /// The layers, open and of the size that the manifest says. What is in them is not yet compared with their digests.
    func openLayers(of image: Image) throws(ImageError) -> [OpenFile] {
        let layers = image.manifest.layers
        let names = try layers.map { layer throws(ImageError) in "blobs/sha256/\(try name(of: layer.digest))" }
        let files = try open(names, bytesMax: SandboxLimits.imageCompressedBytesMax)
        for (layer, file) in zip(layers, files) {
            let status = try imaged { () throws(LinuxError) in try file.file.status(layer.digest) }
            guard UInt64(exactly: status.st_size) == layer.size else { throw mismatch(layer.digest) }
        }
        return files
    }

    /// Compares the layers with their digests: what `openLayers` opened is what is read.
    func verify(
        _ layers: [OpenFile], of image: Image, by unpacker: Unpacker, run: Unpacker.Run
    ) throws(ImageError) {
        let found = try unpacker.digests(of: layers, label: label, run: run)
        for (layer, hex) in zip(image.manifest.layers, found) where layer.digest != "sha256:\(hex)" {
            throw mismatch(layer.digest)
        }
    }

    private func mismatch(_ digest: String) -> ImageError {
        let blob = "\(path)/blobs/sha256/\(digest.dropFirst("sha256:".count))"
        return .digestMismatch(digest: digest, path: label == path ? blob : label)
    }

    private func pick(_ tag: String?, from index: ImageIndex) throws(ImageError) -> ImageIndex.Descriptor {
        let fitting = tag.map { tag in index.manifests.filter { $0.tag == tag } } ?? index.manifests
        let images = fitting.filter { !$0.isAttestation }
        guard let first = images.first else { throw .notFound(path: label, tag: tag) }
        let tags = Set(images.map(\.tag))
        if images.count > 1, tags.count == 1, images.allSatisfy({ $0.platform != nil }) {
            // One image for several machines, without an index of its own.
            guard let ours = self.fitting(images) else { throw noneFits(images) }
            return ours
        }
        guard images.count == 1 else {
            let named = UnpackReport.shown(images.compactMap(\.tag).joined(separator: ", "))
            throw .notAnImage(path: label, reason: "it holds several images (\(named)); name a tag")
        }
        return first
    }

    private enum Kind { case index, manifest }

    // Tools have taken one document for both (CVE-2021-41190), so what could be read in two ways is read in none.
    private func kind(of bytes: [UInt8]) throws(ImageError) -> Kind {
        let found = try decode(ImageDocumentKind.self, bytes, "manifest")
        guard found.hasManifests != found.hasLayers else {
            throw .notAnImage(path: label, reason: "its manifest is none, or two things at once")
        }
        let kind = found.hasManifests ? Kind.index : .manifest
        let types = kind == .index ? MediaType.indexes : MediaType.manifests
        guard types.contains(found.mediaType ?? types.first ?? "") else {
            throw .notAnImage(path: label, reason: "`\(found.mediaType?.prefix(80) ?? "")` is no kind of image")
        }
        return kind
    }

    /// The bytes of a small blob, checked.
    private func blob(_ digest: String) throws(ImageError) -> [UInt8] {
        let bytes = try document("blobs/sha256/\(digest)")
        guard SHA256Hex.of(bytes) == digest else { throw mismatch("sha256:\(digest)") }
        return bytes
    }

    private func document(_ name: String) throws(ImageError) -> [UInt8] {
        let files = try open([name], bytesMax: UInt64(clamping: SandboxLimits.imageDocumentBytesMax))
        guard let file = files.first else { throw .notAnImage(path: label, reason: "`\(name)` is missing") }
        return try imaged { () throws(LinuxError) in
            try Files.bytes(of: file.file, name, limit: SandboxLimits.imageDocumentBytesMax)
        }
    }

    /// Files of the layout, in this order.
    private func open(_ names: [String], bytesMax: UInt64) throws(ImageError) -> [OpenFile] {
        guard !names.isEmpty else { return [] }
        let directory = try Unpacker.directory(path)
        if let reader {
            return try reader.unpacker.open(names, in: directory, bytesMax: bytesMax, label: label, run: reader.run)
        }
        var files: [OpenFile] = []
        for name in names {
            files.append(
                OpenFile(
                    try LayoutFile.open(name, beneath: directory.number, bytesMax: bytesMax, label: label)))
        }
        return files
    }

    /// The file name of a digest: only SHA-256 is accepted, and nothing that could be a path.
    private func name(of digest: String) throws(ImageError) -> String {
        guard let hex = RegistryReference.digest(digest) else {
            throw .notAnImage(path: label, reason: "`\(digest.prefix(80))` is not a SHA-256 digest")
        }
        return hex
    }

    private func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], _ what: String) throws(ImageError) -> T {
        do {
            return try JSONFile.decode(type, bytes, object: what)
        } catch {
            // What stands in it is nobody's business: an error goes to whoever named the file.
            throw .notAnImage(path: label, reason: "its \(what) does not read as the OCI specification says")
        }
    }
}
