import GCXLinux
package import GCXModel
import Glibc

/// Which images the owner lets jobs run, and what speaking to registries needs.
package struct ImagePolicy: Equatable, Sendable {
    /// Images that may be pulled; empty means none, so that no stranger has this machine talk to anybody.
    package var allow: [ImageRule]
    /// Goes before `allow`. A rule that is a digest alone also holds for uploaded images.
    package var deny: [ImageRule]
    /// A containers-policy.json(5), which may ask for signatures of what is pulled; nil accepts what the lists let through.
    package var policyFile: String?
    /// A containers-auth.json(5), mode 0600, of the user that runs the agent; nil asks every registry without a name.
    package var authFile: String?
    /// `HOST[:PORT]` that may be spoken to without TLS, besides those on this machine's loopback.
    package var insecureRegistries: [String]

    package init(
        allow: [ImageRule] = [], deny: [ImageRule] = [], policyFile: String? = nil, authFile: String? = nil,
        insecureRegistries: [String] = []
    ) {
        self.allow = allow
        self.deny = deny
        self.policyFile = policyFile
        self.authFile = authFile
        self.insecureRegistries = insecureRegistries
    }

    /// Whether the image may be pulled. Asks nobody and changes nothing.
    ///
    /// - Throws: ``ImageError/notPinned(_:)`` or ``ImageError/notPermitted(image:rule:)``.
    package func check(_ image: RegistryReference) throws(ImageError) {
        guard image.digest != nil else { throw .notPinned(image.description) }
        if let rule = deny.first(where: { $0.denies(image) }) {
            throw .notPermitted(image: image.description, rule: rule.description)
        }
        guard allow.contains(where: { $0.allows(image) }) else {
            throw .notPermitted(image: image.description, rule: nil)
        }
    }

    /// Whether an image with these digests may run, wherever it came from.
    package func check(digests: Set<String>) throws(ImageError) {
        for digest in digests.sorted() {
            if let rule = deny.first(where: { $0.denies(digest: digest) }) {
                throw .notPermitted(image: "sha256:\(digest)", rule: rule.description)
            }
        }
    }

    /// Whether the files that pulls need are there, and nobody else's.
    ///
    /// - Throws: ``ImageError/unsafeFile(path:reason:)`` with what to do about it.
    package func checkFiles() throws(ImageError) {
        if let authFile { try Self.check(authFile, isSecret: true) }
        if let policyFile { try Self.check(policyFile, isSecret: false) }
    }

    /// Whether the registry may be spoken to without TLS.
    func permitsPlainText(_ image: RegistryReference) -> Bool {
        image.isLoopback || insecureRegistries.contains(image.registry)
    }

    private static func check(_ path: String, isSecret: Bool) throws(ImageError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw .unsafeFile(path: path, reason: "it cannot be read (errno \(errno))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unsafeFile(path: path, reason: "it is not a file") }
        guard status.st_uid == geteuid() else {
            throw .unsafeFile(path: path, reason: "it belongs to user \(status.st_uid), not \(geteuid())")
        }
        let forbidden: mode_t = isSecret ? 0o077 : 0o022
        guard status.st_mode & forbidden == 0 else {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw .unsafeFile(path: path, reason: "others may \(isSecret ? "read or " : "")change it (mode \(mode))")
        }
    }
}

/// How images are kept and pulled.
package struct ImageSettings: Equatable, Sendable {
    /// Disk that one image may take when unpacked; its layers may not be larger either.
    package var unpackedBytesMax: UInt64
    /// Disk that all images may take together.
    package var storeBytesMax: UInt64
    package var policy: ImagePolicy
    /// Pause after the first failure of the network; it doubles.
    var pullPause: Duration = SandboxLimits.pullPause

    package init(
        unpackedBytesMax: UInt64 = SandboxLimits.imageUnpackedBytesMax,
        storeBytesMax: UInt64 = SandboxLimits.imageStoreBytesMax, policy: ImagePolicy = ImagePolicy()
    ) {
        self.unpackedBytesMax = unpackedBytesMax
        self.storeBytesMax = storeBytesMax
        self.policy = policy
    }
}
