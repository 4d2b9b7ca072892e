import GCXLinux

/// An OCI image layout on disk; everything read from it is checked against its digest.
struct ImageLayout {
    let path: String

    /// One image of the layout.
    struct Image {
        var descriptor: ImageIndex.Descriptor
        var manifest: ImageManifest
        var config: ImageConfig
        /// 64 hexadecimal digits, the name of the image everywhere.
        var digest: String
    }

    /// The image `tag`, or the only one, with manifest and configuration checked; the layers are not read yet.
    func image(tag: String?) throws(ImageError) -> Image {
        guard Files.exists("\(path)/oci-layout"), Files.exists("\(path)/index.json") else {
            if !Files.exists(path) { throw .notFound(path: path, tag: nil) }
            throw .notAnImage(path: path, reason: "no `oci-layout` or no `index.json`")
        }
        let bytes = try imaged { () throws(LinuxError) in
            try Files.bytes("\(path)/index.json", limit: SandboxLimits.imageDocumentBytesMax)
        }
        let index = try decode(ImageIndex.self, bytes, "index.json")
        let descriptor = try ours(try pick(tag, from: index))
        let manifest = try decode(ImageManifest.self, try blob(descriptor), "manifest")
        try check(manifest)
        let config = try decode(ImageConfig.self, try blob(manifest.config), "configuration")
        if let made = config.architecture, made != ImageIndex.Platform.ours.architecture {
            throw .notAnImage(path: path, reason: "it is for \(made)")
        }
        return Image(
            descriptor: descriptor, manifest: manifest, config: config, digest: try blobName(descriptor.digest))
    }

    /// Reads every layer and compares it with its digest and size.
    func verifyLayers(of image: Image) throws(ImageError) {
        for layer in image.manifest.layers {
            let file = "\(path)/blobs/sha256/\(try blobName(layer.digest))"
            guard Files.exists(file) else { throw .notAnImage(path: path, reason: "layer \(layer.digest) is missing") }
            let found = try imaged { () throws(LinuxError) in try SHA256Hex.ofFile(file) }
            guard "sha256:\(found.hex)" == layer.digest, found.bytes == layer.size else {
                throw .digestMismatch(digest: layer.digest, path: file)
            }
        }
    }

    private func pick(_ tag: String?, from index: ImageIndex) throws(ImageError) -> ImageIndex.Descriptor {
        let fitting = tag.map { tag in index.manifests.filter { $0.tag == tag } } ?? index.manifests
        guard let first = fitting.first else { throw .notFound(path: path, tag: tag) }
        guard fitting.count == 1 else {
            let tags = fitting.compactMap(\.tag).joined(separator: ", ")
            throw .notAnImage(path: path, reason: "it holds several images (\(tags)); name a tag")
        }
        return first
    }

    /// The descriptor itself, or the one for this machine when it is an index of several platforms.
    private func ours(_ descriptor: ImageIndex.Descriptor) throws(ImageError) -> ImageIndex.Descriptor {
        guard descriptor.isIndex else { return descriptor }
        let index = try decode(ImageIndex.self, try blob(descriptor), "image index")
        guard let ours = index.manifests.first(where: { $0.platform == .ours && !$0.isIndex }) else {
            throw .notAnImage(
                path: path, reason: "none of its platforms is linux/\(ImageIndex.Platform.ours.architecture)")
        }
        return ours
    }

    private func check(_ manifest: ImageManifest) throws(ImageError) {
        guard manifest.layers.count <= SandboxLimits.imageLayersMax else {
            throw .tooLarge(path: path, what: "the number of layers", limit: UInt64(SandboxLimits.imageLayersMax))
        }
        var total: UInt64 = 0
        for layer in manifest.layers {
            let (sum, overflow) = total.addingReportingOverflow(layer.size)
            guard !overflow, sum <= SandboxLimits.imageCompressedBytesMax else {
                let limit = SandboxLimits.imageCompressedBytesMax
                throw .tooLarge(path: path, what: "the size of its layers", limit: limit)
            }
            total = sum
        }
    }

    /// The bytes of a small blob, checked.
    private func blob(_ descriptor: ImageIndex.Descriptor) throws(ImageError) -> [UInt8] {
        let file = "\(path)/blobs/sha256/\(try blobName(descriptor.digest))"
        guard Files.exists(file) else { throw .notAnImage(path: path, reason: "blob \(descriptor.digest) is missing") }
        let bytes = try imaged { () throws(LinuxError) in
            try Files.bytes(file, limit: SandboxLimits.imageDocumentBytesMax)
        }
        guard "sha256:\(SHA256Hex.of( bytes))" == descriptor.digest else {
            throw .digestMismatch(digest: descriptor.digest, path: file)
        }
        return bytes
    }

    /// The file name of a digest: only SHA-256 is accepted, and nothing that could be a path.
    private func blobName(_ digest: String) throws(ImageError) -> String {
        let hex = digest.dropFirst("sha256:".count)
        guard digest.hasPrefix("sha256:"), hex.utf8.count == 64, hex.allSatisfy({ "0123456789abcdef".contains($0) })
        else { throw .notAnImage(path: path, reason: "`\(digest.prefix(80))` is not a SHA-256 digest") }
        return String(hex)
    }

    private func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], _ what: String) throws(ImageError) -> T {
        do {
            return try JSONFile.decode(type, bytes, object: what)
        } catch {
            throw .notAnImage(path: path, reason: error.description)
        }
    }
}
