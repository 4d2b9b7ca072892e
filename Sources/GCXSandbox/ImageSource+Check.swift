import GCXLinux
package import GCXModel
import Glibc

extension ImageSource {
    /// Looks at all that can be seen of an image where it lies, by the rules of the machine that is to run it: so that
    /// nothing is sent, and no lease used, for an image that cannot be run.
    ///
    /// Cost: of a layout, reads its layers once for their digests, and those with a table of users once more when the image
    /// names its user; of an archive, reads it once.
    /// - Parameter hasCommand: whether the job says what to run.
    package func check(for machine: ImageMachine = ImageMachine(), hasCommand: Bool = true) throws(ImageError) {
        switch self {
        case .rootfs(let path):
            if !Files.exists(path) { throw .notFound(path: path, tag: nil) }
            if !hasCommand { throw .noCommand }
        case .ociLayout(let path, let tag):
            let layout = ImageLayout(path: path, machine: machine)
            try Self.check(layout.image(tag: tag), of: layout, hasCommand: hasCommand)
        case .ociArchive(let path, let tag):
            try Self.withScratch { scratch throws(ImageError) in
                let documents = "\(scratch)/documents"
                try Unpacker.located().unpack(
                    file: path, mayBeLink: true, into: documents, rules: .documents, limits: .image, owner: .caller)
                let layout = ImageLayout(path: documents, label: path, machine: machine)
                try Self.checkCommand(try layout.image(tag: tag), hasCommand)
            }
        case .registry(let reference): if reference.digest == nil { throw .notPinned(reference.description) }
        }
    }

    private static func check(
        _ image: ImageLayout.Image, of layout: ImageLayout, hasCommand: Bool
    ) throws(ImageError) {
        try checkCommand(image, hasCommand)
        let layers = try layout.openLayers(of: image)
        for layer in layers where !(LayerForm(of: layer.number)?.isKnown ?? true) {
            throw .unsupported(
                path: layout.label, reason: "a layer is neither a tar archive nor one with gzip or zstd",
                fix: "Build the image with layers of the kinds tar, tar+gzip or tar+zstd.")
        }
        let unpacker = try Unpacker.located()
        try layout.verify(layers, of: image, by: unpacker, run: Unpacker.Run())
        let user = ImageUser(image.config.config?.user ?? "")
        guard user.hasName else { return }
        let found = try unpacker.users(user.user, group: user.group, inLayers: layers, label: layout.label)
        // What cannot be seen from here sees whoever unpacks the image.
        if found.hasTable { _ = try user.identity(found) }
    }

    static func checkCommand(_ image: ImageLayout.Image, _ hasCommand: Bool) throws(ImageError) {
        let config = image.config.config
        let isEmpty = (config?.entryPoint ?? []).isEmpty && (config?.command ?? []).isEmpty
        if !hasCommand, isEmpty { throw .noCommand }
    }

    /// A directory that is gone when the work is done.
    private static func withScratch(_ body: (String) throws(ImageError) -> Void) throws(ImageError) {
        let scratch = try imaged { () throws(LinuxError) in try TemporaryDirectory("gcx-image") }
        try body(scratch.path)
    }
}

/// The documents of an image in a registry, fetched one by one as each names the next.
package struct RegistryDocuments {
    private let image: RegistryReference
    private let partial: PartialLayout

    /// - Parameter directory: where they are kept, made when missing.
    package init(of image: RegistryReference, in directory: String) throws(ImageError) {
        (self.image, partial) = (image, PartialLayout(path: directory))
        try imaged { () throws(LinuxError) in try partial.prepare() }
    }

    /// Looks whether the image can be run, as ``ImageSource/check(for:hasCommand:)`` does, by all that it says without its
    /// layers.
    ///
    /// - Parameter fetch: answers a manifest or an index by its digest, or the configuration of a manifest.
    /// - Returns: false when something could not be fetched, so that nothing is known.
    package func check(
        for machine: ImageMachine = ImageMachine(), hasCommand: Bool,
        fetch: (_ digest: String, _ isConfiguration: Bool) -> [UInt8]?
    ) throws(ImageError) -> Bool {
        guard let asked = image.digest else { throw .notPinned(image.description) }
        let layout = ImageLayout(path: partial.path, label: image.description, machine: machine)
        guard try keep(asked, fetch(asked, false)) else { return false }
        let digest = try layout.manifestDigest(asked)
        if digest != asked { guard try keep(digest, fetch(digest, false)) else { return false } }
        let config = RegistryReference.digest(try layout.manifest(digest).config.digest)
        guard let config, try keep(config, fetch(digest, true)) else { return false }
        try ImageSource.checkCommand(try layout.image(digest: asked), hasCommand)
        return true
    }

    private func keep(_ digest: String, _ bytes: [UInt8]?) throws(ImageError) -> Bool {
        guard let bytes else { return false }
        try partial.keep(bytes, as: digest, of: image.description)
        return true
    }
}

/// What a layer is by its first bytes, whatever its name says.
///
/// Source: RFC 1952 (gzip), RFC 8878 (zstd), POSIX.1-2001 "ustar Interchange Format".
enum LayerForm {
    case gzip, zstd, tar
    /// No entry at all.
    case empty
    case other

    /// Nil when it cannot be read.
    init?(of file: Int32) {
        var head = [UInt8](repeating: 0, count: Self.blockBytes)
        let count = unsafe pread(file, &head, head.count, 0)
        guard count >= 0 else { return nil }
        self.init(Array(head.prefix(count)))
    }

    init(_ head: [UInt8]) {
        if head.isEmpty || head.allSatisfy({ $0 == 0 }) {
            self = .empty
        } else if head.starts(with: [0x1f, 0x8b]) {
            self = .gzip
        } else if head.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) || Self.isSkippable(head) {
            self = .zstd
        } else {
            self = Self.isHeader(head) ? .tar : .other
        }
    }

    var isKnown: Bool { self != .other }

    private static let blockBytes = 512

    /// A frame of zstd that holds nothing, with which some writers begin.
    private static func isSkippable(_ head: [UInt8]) -> Bool {
        head.first.map { $0 & 0xf0 == 0x50 } == true && head.dropFirst().starts(with: [0x2a, 0x4d, 0x18])
    }

    /// Whether the sum of a header's bytes is the one it names; its own field counts as blanks.
    private static func isHeader(_ head: [UInt8]) -> Bool {
        guard head.count == blockBytes else { return false }
        let field = 148..<156
        // bounded here: 512 bytes, and places in them
        let sum = head.indices.reduce(0) { $0 + (field.contains($1) ? 0x20 : Int(head[$1])) }
        let digits = head[field].drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8) == sum
    }
}
