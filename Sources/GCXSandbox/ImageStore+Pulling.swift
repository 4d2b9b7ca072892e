import GCXLinux
import GCXModel
import Glibc

extension ImageStore {
    /// An image of a registry: from the store when it is here, else pulled, checked and unpacked.
    ///
    /// Two starts that ask for the same digest pull it once.
    func pull(
        _ image: RegistryReference, within time: Duration, run: Unpacker.Run
    ) throws(ImageError) -> Held {
        try settings.policy.check(image)
        guard let digest = image.digest else { throw .notPinned(image.description) }
        if let held = try find(digest) { return held }
        let deadline = BootClock.now().saturatingSum(time.wholeNanoseconds)
        let lock = try imaged { () throws(LinuxError) in
            try FileLock.wait("\(locks)/pull-\(digest)", timeout: time)
        }
        defer { _ = lock.number }
        if let held = try find(digest) { return held }
        try settings.policy.checkFiles()
        let partial = PartialLayout(path: "\(partials)/\(digest)")
        do throws(ImageError) {
            let pull = try RegistryPull(
                image, digest, into: partial, of: self, deadline: deadline, stop: run.stop)
            let held = try hold(try pull.run(), of: pull.layout, run: run)
            try imaged { () throws(LinuxError) in try Files.removeTree(partial.path) }
            return held
        } catch {
            if !error.leavesPartial { try? Files.removeTree(partial.path) }
            throw error
        }
    }
}

extension ImageError {
    /// True when what is there of a pull is good, and another try can go on with it.
    fileprivate var leavesPartial: Bool {
        switch self {
        case .notPulled(_, .network, _), .notPulled(_, .missing, _), .linux(.timedOut), .cancelled: true
        default: false
        }
    }
}

/// One pull of one image, in the order in which a stranger's word may be believed: small documents first, each checked
/// against its digest, then the layers they declare, no more than those.
private struct RegistryPull {
    let image: RegistryReference
    let asked: String
    let partial: PartialLayout
    let store: ImageStore
    /// Boot clock, ns.
    let deadline: UInt64
    let stop: StopFlag?
    let skopeo: Skopeo

    var layout: ImageLayout { ImageLayout(path: partial.path, label: image.description) }

    init(
        _ image: RegistryReference, _ digest: String, into partial: PartialLayout, of store: ImageStore,
        deadline: UInt64, stop: StopFlag?
    ) throws(ImageError) {
        self.stop = stop
        (self.image, asked, self.partial, self.store, self.deadline) = (image, digest, partial, store, deadline)
        let openPolicy = "\(partial.scratch)/policy.json"
        skopeo = Skopeo(
            image: image, policy: store.settings.policy, scratch: partial.scratch, openPolicyFile: openPolicy)
        try imaged { () throws(LinuxError) in
            try partial.prepare()
            try DurableFile.replace(openPolicy, with: Skopeo.openPolicy)
        }
    }

    /// Answers the image once its layers are all there; they are checked when it is unpacked.
    func run() throws(ImageError) -> ImageLayout.Image {
        try fetch(asked) { limit throws(ImageError) in try skopeo.manifest(asked, timeout: limit) }
        let digest = try layout.manifestDigest(asked)
        try store.settings.policy.check(digests: [asked, digest])
        try fetch(digest) { limit throws(ImageError) in try skopeo.manifest(digest, timeout: limit) }
        let manifest = try layout.manifest(digest)
        let declared = try declaredBytes(manifest)
        if let config = RegistryReference.digest(manifest.config.digest) {
            try fetch(config) { limit throws(ImageError) in try skopeo.configuration(digest, timeout: limit) }
        }
        let found = try layout.image(digest: asked)
        // One of an older gcx, of which only the configuration was to be read again.
        if ImageRecord.read(in: store.path(of: digest)) != nil { return found }
        let missing = Set(manifest.layers.map(\.digest)).filter { !partial.holds(String($0.dropFirst(7))) }
        if !missing.isEmpty {
            let wanted = declared - min(declared, partial.bytes)  // bounded: the smaller from the larger
            try store.makeRoom(for: wanted, diskBytes: wanted)
            try patiently { () throws(ImageError) in try copy(digest, declared: declared) }
        }
        return found
    }

    /// What the layers come to, compressed. An unpacked image is hardly ever smaller.
    private func declaredBytes(_ manifest: ImageManifest) throws(ImageError) -> UInt64 {
        let bytes = manifest.layers.reduce(UInt64(0)) { $0.saturatingSum($1.size) }
        guard bytes <= store.unpackedBytesMax else {
            throw .tooLarge(path: image.description, what: "the size of its layers", limit: store.unpackedBytesMax)
        }
        return bytes
    }

    /// A document that is not there yet, kept when its digest is right.
    private func fetch(
        _ digest: String, _ ask: (Duration) throws(ImageError) -> [UInt8]
    ) throws(ImageError) {
        guard !partial.holds(digest) else { return }
        try patiently { () throws(ImageError) in
            try partial.keep(
                ask(min(SandboxLimits.registryAnswerTimeout, try timeLeft())), as: digest, of: image.description)
        }
    }

    /// Fetches the missing layers, while nothing but them comes and the disk keeps its reserve.
    private func copy(_ digest: String, declared: UInt64) throws(ImageError) {
        try imaged { () throws(LinuxError) in
            for name in try Files.names(in: partial.path) where name.hasPrefix("oci-put-blob") {
                try Files.remove("\(partial.path)/\(name)")
            }
        }
        var stopped: ImageError?
        var last = (bytes: partial.bytes, at: BootClock.now())
        do {
            try skopeo.copyLayers(digest, into: partial.path, timeout: try timeLeft()) { () throws(LinuxError) in
                let (bytes, now) = (partial.bytes, BootClock.now())
                if bytes != last.bytes { last = (bytes, now) }
                // bounded: two moments of one clock, the older one from the newer
                stopped = try reason(bytes: bytes, declared: declared, quietFor: now - last.at)
                if stopped != nil { throw .systemCall(operation: "pull", object: image.description, errno: ECANCELED) }
            }
        } catch {
            throw stopped ?? error
        }
    }

    /// Why a copy has to end now; nil while it may go on.
    private func reason(bytes: UInt64, declared: UInt64, quietFor quiet: UInt64) throws(LinuxError) -> ImageError? {
        if stop?.isRaised == true { return .cancelled(image.description) }
        if bytes > declared.saturatingSum(SandboxLimits.pullSlackBytes) {
            return .tooLarge(path: image.description, what: "what the registry sends", limit: declared)
        }
        if quiet > SandboxLimits.pullStallTimeout.wholeNanoseconds {
            let reason = "nothing came for \(SandboxLimits.pullStallTimeout)"
            return .notPulled(image: image.description, .network, reason: reason)
        }
        let free = try Disk.freeBytes(at: store.root)
        if free >= SandboxLimits.diskReserveBytes { return nil }
        // bounded: the smaller from the larger
        return try store.evictOne() ? nil : .storeFull(neededBytes: declared - min(declared, bytes), limit: 0)
    }

    /// Tries again while the network fails and time is left.
    private func patiently(_ body: () throws(ImageError) -> Void) throws(ImageError) {
        var pause = store.settings.pullPause
        for _ in 1..<SandboxLimits.pullTriesMax {
            do {
                return try body()
            } catch .notPulled(_, .network, _) where BootClock.now().saturatingSum(pause.wholeNanoseconds) < deadline {
                GCXLinux.pause(for: pause)
                pause *= 2  // bounded: doubled `pullTriesMax` times at most
            } catch {
                throw error
            }
        }
        return try body()
    }

    private func timeLeft() throws(ImageError) -> Duration {
        let now = BootClock.now()
        guard stop?.isRaised != true else { throw .cancelled(image.description) }
        guard now < deadline else {
            throw .linux(.timedOut(operation: "pull", object: image.description, after: SandboxLimits.pullTimeout))
        }
        return .nanoseconds(Int64(clamping: deadline - now))  // bounded: the deadline is ahead, asked first
    }
}
