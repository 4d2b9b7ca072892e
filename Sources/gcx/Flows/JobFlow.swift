import FoundationEssentials
import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire

/// An image as a buyer names it: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `rootfs:DIR`, or one of a registry.
struct ImageReference {
    let path: String
    let format: ImageFormat
    /// The tag in a layout; the whole pinned name in a registry.
    let tag: String?
    let isArchive: Bool

    /// - Parameter hasCommand: whether the job says what to run; else the image has to.
    init(_ text: String, hasCommand: Bool = true) throws {
        if text.hasPrefix(RegistryReference.scheme) {
            let name = try RegistryReference(text)
            let pinned = name.digest == nil ? try RegistryTag.resolve(name) : name
            try RegistryTag.check(pinned, hasCommand: hasCommand)
            (path, format, tag, isArchive) = ("", .registry, pinned.description, false)
            return
        }
        guard let (kind, path, tag) = Self.place(text) else {
            throw CommandError(
                "the image “\(text)” is not named as an image",
                fix: "Give oci:DIR[:TAG], oci-archive:FILE[:TAG], rootfs:DIR or docker://HOST/PATH:TAG.")
        }
        (self.path, self.tag) = (path, tag)
        format = kind == .rootfs ? .rootfs : .oci
        isArchive = kind == .ociArchive
        guard kind.isImage(path) else {
            throw CommandError(
                "there is no image at \(path)\(kind == .oci ? " (no file oci-layout in it)" : "")",
                fix: "Check the path, or copy an image there with `skopeo copy docker-archive:FILE oci:DIR:TAG`.")
        }
        // What cannot be run shall cost no upload and no lease.
        let source: ImageSource =
            switch kind {
            case .oci: .ociLayout(path: path, tag: tag)
            case .ociArchive: .ociArchive(path: path, tag: tag)
            case .rootfs: .rootfs(path: path)
            }
        try source.check(hasCommand: hasCommand)
    }

    /// Where the image lies, and its tag: of all that a colon may part, the longest path at which there is an image.
    static func place(_ text: String) -> (kind: Kind, path: String, tag: String?)? {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        // bounded here: two parts, counted first, and places in the text
        guard parts.count == 2, let kind = Kind(rawValue: parts[0]) else { return nil }
        let place = parts[1]
        let colons = place.indices.filter { place[$0] == ":" }
        guard kind != .rootfs, !kind.isImage(place),
            let colon = colons.last(where: { kind.isImage(String(place[..<$0])) }) ?? colons.last
        else { return (kind, place, nil) }
        return (kind, String(place[..<colon]), String(place[place.index(after: colon)...]))
    }

    enum Kind: String {
        case oci
        case ociArchive = "oci-archive"
        case rootfs

        func isImage(_ path: String) -> Bool { Files.exists(self == .oci ? "\(path)/oci-layout" : path) }
    }
}

/// The buyer's way from an open lease to a finished, paid job.
struct JobFlow: Sendable {
    let ledger: any Ledger
    let agent: AgentClient
    let lease: LeaseID
    let session: any KeyCustody
    let caller: Caller

    /// Packs and sends the image, unless the agent is to pull it, and the input, and starts the job.
    func start(_ request: JobRequest, image: ImageReference, input: String?) async throws -> JobStatus {
        var request = request
        let scratch = try TemporaryDirectory("gcx-upload")
        if image.format != .registry {
            let tar = image.isArchive ? image.path : "\(scratch.path)/image.tar"
            if !image.isArchive { try pack(image, into: tar) }
            try await send(.image, tar, digest: try SHA256Hex.ofFile(tar).hex)
        }
        if let input {
            guard Files.exists(input) else {
                throw CommandError("there is no input directory \(input)", fix: "Check the path.")
            }
            let packed = "\(scratch.path)/input.tar"
            let contents = try Unpacker.located().pack(directory: input, into: packed)
            if let omission = contents.omission { Terminal.complain("of the input, \(omission)") }
            let digest = try SHA256Hex.ofFile(packed).hex
            request.input = JobInput(digest: digest)
            try await send(.input, packed, digest: digest)
        }
        return try await submit(request)
    }

    /// Hands the job in. Where the connection breaks, nobody knows whether the agent has it: it is asked before it gets it again.
    private func submit(_ request: JobRequest) async throws -> JobStatus {
        let before = try await Patience().call { () async throws(AgentError) in
            try await agent.job(lease, by: caller).jobs ?? 0
        }
        do {
            return try await agent.submit(request, lease: lease, by: caller)
        } catch AgentError.unreachable {
            return try await Patience().call { () async throws(AgentError) in
                let status = try await agent.job(lease, by: caller)
                if status.phase != .open || status.jobs ?? 0 > before { return status }
                return try await agent.submit(request, lease: lease, by: caller)
            }
        }
    }

    /// Goes on where a connection broke off, by any way to the agent.
    private func send(_ kind: UploadKind, _ file: String, digest: String) async throws {
        try await PatientTransfer().upload(digest: digest, size: Disk.size(of: file) ?? 0) {
            () async throws(AgentError) in
            try await agent.uploaded(kind, digest: digest, lease: lease, by: caller)
        } send: { part, movement throws(AgentError) in
            try await agent.upload(kind, lease: lease, file: file, part: part, by: caller) { _, _ in movement.note() }
        }
    }

    /// A layout is sent whole or not at all; of a root filesystem, what can be carried is.
    private func pack(_ image: ImageReference, into tar: String) throws {
        let rules = image.format == .oci ? ArchiveRules.blobs : .rootFilesystem
        let contents = try Unpacker.located().pack(directory: image.path, into: tar, rules: rules)
        guard let omission = contents.omission else { return }
        guard image.format == .rootfs else {
            throw CommandError(
                "the image at \(image.path) holds what is neither a file nor a directory: \(omission)",
                fix: "Copy it with `skopeo copy oci:\(image.path) oci:DIR`, and send the copy.")
        }
        Terminal.complain("of the root filesystem, \(omission)")
    }

    /// Answers receipts and shows the log until the job is over and vouched for.
    ///
    /// - Parameters:
    ///   - journal: file in which the buyer's promises are kept; the same one again goes on where it stopped.
    ///   - job: which of the lease's jobs, from 1; nil from an agent that does not count them.
    ///   - sendsNothing: true when the job has no network, so that a receipt with egress is refused.
    /// - Returns: where the lease stands, and why the log that was shown is not the one that the machine signed; nil when it
    ///   is.
    func attend(
        journal: String, job: UInt64? = nil, sendsNothing: Bool = false,
        receipt: @escaping @Sendable (BuyerEvent) -> Void,
        line: @escaping @Sendable (LogLine) -> Void
    ) async throws -> (status: JobStatus, logFault: String?) {
        let (record, domain) = try await patiently {
            (try await ledger.lease(lease), try await ledger.identity().domain)
        }
        let payer = BuyerSession(
            agent: agent, caller: caller, terms: record.terms, domain: domain, openedAt: record.openedAt,
            deposit: record.deposit, sendsNothing: sendsNothing,
            currentDeposit: { try? await ledger.lease(lease).deposit }, key: session,
            journal: FileBuyerJournal(journal), report: receipt)
        let follower = LogFollower(agent: agent, lease: lease, by: caller, follow: true, job: job)
        let witness = LogWitness()
        async let log = follower.run(witness: witness, line: line)
        let status = try await payer.run()
        let last = try FileBuyerJournal(journal).load()?.receipt?.document
        witness.end(with: last?.isFinal == true || status.isOpenAgain ? last : nil)
        _ = try await log
        return (status, witness.verdict())
    }

    /// Waits until the ledger has closed the lease. A lease that its job left open is closed by nobody before its end.
    ///
    /// - Parameter time: how long; where the lease is open then, its record says so.
    func awaitClose(within time: Duration = .seconds(30)) async throws -> LeaseRecord {
        let deadline = ContinuousClock.now + time  // bounded: seconds of ours, on a clock of 128 bits
        while ContinuousClock.now < deadline {
            let record = try await patiently { try await ledger.lease(lease) }
            if record.escrow.isClosed { return record }
            try await Task.sleep(for: .milliseconds(200))
        }
        return try await ledger.lease(lease)
    }

    /// Asks a ledger that may be starting again: the job is paid for as it goes, so nobody gives up at once.
    private func patiently<Value>(_ body: () async throws -> Value) async throws -> Value {
        for _ in 1..<ledgerTries {  // bounded: a constant
            do { return try await body() } catch let error as LedgerError {
                guard case .retry = error.remedy else { throw error }
                try await Task.sleep(for: .seconds(1))
            }
        }
        return try await body()
    }

    /// One a second.
    private var ledgerTries: Int { 30 }
}
