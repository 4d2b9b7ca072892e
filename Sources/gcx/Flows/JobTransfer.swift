import GCXAgent
import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import Glibc

/// A buyer's way to what a job left.
struct JobTransfer: Sendable {
    let agent: AgentClient
    let ledger: any Ledger
    let lease: LeaseID
    let caller: Caller

    /// Fetches the output and unpacks it into a directory; nil when the job left none. A transfer that breaks off is gone
    /// on with, also by the next run of the command.
    ///
    /// A buyer takes only what the machine signed: digest and size are those of a receipt. The owner stands at the machine.
    ///
    /// - Parameter bytesMax: of the archive; nil takes what fits the lease's storage.
    /// - Returns: the digest of the archive, which the lease's last receipt names.
    func fetch(into directory: String, bytesMax: UInt64? = nil) async throws -> String? {
        var terms = OutputTerms(bytesMax: bytesMax ?? ClientLimits.outputBytesMax)
        if case .session = caller {
            guard let signed = try await signed(bytesMax) else { return nil }
            terms = signed
        }
        let tar = Self.archive(of: directory)
        guard let fetched = try await download(tar, terms) else { return nil }
        defer { try? Files.remove(tar) }
        try unpack(tar, into: directory, bytesMax: terms.bytesMax)
        return fetched.digest
    }

    /// Whole or not at all: it is unpacked beside, and moved into place. What cannot be made is named.
    private func unpack(_ tar: String, into directory: String, bytesMax: UInt64) throws {
        try Files.makeDirectories(directory, mode: 0o755)
        let beside = Self.beside(directory)
        try Files.removeTree(beside)
        let contents = try Unpacker.located().unpack(
            file: tar, into: beside, rules: .output,
            limits: ArchiveLimits(entriesMax: SandboxLimits.sentEntriesMax, bytesMax: bytesMax), owner: .caller)
        if let omission = contents.omission { Terminal.complain("of the output, \(omission)") }
        let (from, to) = (try Self.open(beside), try Self.open(directory))
        for name in try Files.names(inOpen: from.number)
        where unsafe renameat(from.number, name, to.number, name) != 0 {
            let shown = name.dropLast().map { UInt8(bitPattern: $0) }
            throw CommandError(
                "\(UnpackReport.shown(shown)) of the output cannot be put into \(directory): errno \(errno)",
                fix: "The output lies in \(beside); move it, or name another directory with --out.")
        }
        try Files.removeTree(beside)
    }

    private static func open(_ directory: String) throws -> OpenFile {
        OpenFile(try FileDescriptor.open(directory, O_RDONLY | O_DIRECTORY))
    }

    /// What the machine signed about the output; nil when its final word is that there is none.
    private func signed(_ bytesMax: UInt64?) async throws -> OutputTerms? {
        let record = try await ledger.lease(lease)
        let domain = try await ledger.identity().domain
        // The statement stands in the final receipt, or shortly before it.
        let receipts = try await Patience().call { () async throws(AgentError) in
            let newest = try await agent.job(lease, by: caller).receipts
            return try await agent.receipts(
                // bounded: a constant, and the smaller from the larger
                lease, after: newest - min(newest, UInt64(WireLimits.receiptPageMax)), waitSeconds: 0, by: caller)
        }
        for receipt in receipts {
            try receipt.verify(signer: record.terms.machine, in: domain)
            guard receipt.document.lease == lease else {
                throw AgentError.answerImpossible("a receipt of lease \(receipt.document.lease.short) came")
            }
        }
        // Of several jobs of the lease the latest is meant.
        let first = receipts.lastIndex { $0.document.beginsJob != nil } ?? receipts.startIndex
        // bounded: a place that was found in the list
        let statements = receipts[first...].flatMap { $0.document.events.compactMap(OutputStatement.init(event:)) }
        guard let stated = statements.last else {
            let status = try await agent.job(lease, by: caller)
            guard receipts.last?.document.isFinal == true || status.isOpenAgain else {
                throw CommandError(
                    "the machine has not signed what the job left",
                    fix: "Wait for the final receipt (`gcx receipt list \(lease)`), then run the command again.")
            }
            return nil
        }
        let storage = record.terms.resources.storageBytes
        let most = bytesMax ?? ClientLimits.archiveBytesMax(ofStorage: storage)
        guard stated.bytes <= most else {
            throw CommandError(
                "the output is an archive of \(Display.bytes(stated.bytes)), and the lease has \(Display.bytes(storage)) of storage",
                fix:
                    "If you expect so much, as of sparse files, take it with `gcx job output --bytes-max \(stated.bytes)`."
            )
        }
        return OutputTerms(stated: stated, bytesMax: most)
    }

    private static func archive(of directory: String) -> String { "\(directory).output.tar" }
    private static func beside(_ directory: String) -> String { "\(directory).unpacked" }

    /// Removes what a transfer that broke off has left for the next one.
    static func forget(_ directory: String) {
        try? Files.remove(archive(of: directory))
        try? Files.removeTree(beside(directory))
    }

    private func download(_ tar: String, _ terms: OutputTerms) async throws -> (bytes: UInt64, digest: String)? {
        try await PatientTransfer().download { movement throws(AgentError) in
            try await agent.downloadOutput(lease, to: tar, by: caller, accepting: terms) { _, _ in movement.note() }
        }
    }
}
