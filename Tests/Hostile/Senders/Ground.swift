package import Foundation
package import GCXLedger
import GCXLinux
import GCXMarket
package import GCXModel
package import GCXSigning
package import GCXWire
import Glibc

/// Live processes to send to, and what an honest buyer of them has: keys, money, a job that has ended, and leases.
///
/// Cases run one after the other, but for those that last and touch a client alone, so nothing here is guarded.
package final class Ground: @unchecked Sendable {
    package let ledger: Place
    package let agent: Place
    /// The file in which the ledger keeps its journal.
    package let ledgerFile: String
    /// Folder for files of the cases.
    package let scratch: String
    package let domain: EIP712Domain
    package let machine: Address
    package let buyer: PrivateKey
    package let `operator`: PrivateKey
    /// A finished and paid job of the buyer's, with a log and an output.
    package let ended: LeaseID
    package let endedDemand: Digest
    package let offer: Digest
    /// The keystore and the password's file of the buyer, as the command line wants them.
    package let keyOptions: [String]
    /// Runs the real `gcx` against these endpoints (nil: the real ones); on a terminal when `isOnTerminal`.
    package let client: @Sendable (ClientRun) throws -> Answer
    private var open: LeaseID?

    package init(
        ledger: Place, agent: Place, ledgerFile: String, scratch: String, domain: EIP712Domain, machine: Address,
        buyer: PrivateKey, operator: PrivateKey, ended: LeaseID, endedDemand: Digest, offer: Digest,
        keyOptions: [String], client: @escaping @Sendable (ClientRun) throws -> Answer
    ) {
        (self.ledger, self.agent, self.ledgerFile, self.scratch) = (ledger, agent, ledgerFile, scratch)
        self.domain = domain
        (self.machine, self.buyer, self.operator) = (machine, buyer, `operator`)
        (self.ended, self.endedDemand, self.offer) = (ended, endedDemand, offer)
        (self.keyOptions, self.client) = (keyOptions, client)
    }

    package var now: UInt64 { WallClock.now() / 1_000_000_000 }
}

/// One run of the real client.
package struct ClientRun: Sendable {
    package var arguments: [String]
    /// Sockets that stand in for the agent and the ledger.
    package var agent: String?
    package var ledger: String?
    package var isOnTerminal: Bool
    /// A client that runs longer is ended, and that is wrong.
    package var seconds: UInt64

    package init(
        _ arguments: [String], agent: String? = nil, ledger: String? = nil, isOnTerminal: Bool = false,
        seconds: UInt64 = 45
    ) {
        (self.arguments, self.agent, self.ledger) = (arguments, agent, ledger)
        (self.isOnTerminal, self.seconds) = (isOnTerminal, seconds)
    }
}

// Calls.
extension Ground {
    package func ask(_ place: Place, _ bytes: [UInt8], seconds: Int = 30) throws -> Reply {
        let peer = try Peer(place, seconds: seconds)
        peer.send(bytes)
        return peer.reply()
    }

    /// The buyer's session, unless another is made of it.
    package func session(
        by key: PrivateKey? = nil, in domain: EIP712Domain? = nil, _ edit: (inout ApiSession) -> Void = { _ in }
    ) throws -> String {
        let key = key ?? buyer
        var session = ApiSession(
            account: key.address, session: key.address, audience: machine, issuedAt: now, expiresAt: now + 3_600)
        edit(&session)
        let signed = Signed(session, by: key, in: domain ?? self.domain)
        return "Authorization: GCX-Session \(try Self.json(signed).base64EncodedString())"
    }

    /// A call of the buyer's to the agent.
    package func call(_ method: String, _ path: String, body: [UInt8] = []) throws -> Reply {
        try ask(agent, HTTPText.request(method, path, [session()], body: body))
    }

    package func post(_ text: String) throws -> Reply { try post(Array(text.utf8)) }

    /// Hands an entry to the ledger.
    package func post(_ body: [UInt8]) throws -> Reply {
        try ask(ledger, HTTPText.request("POST", "/v1/entries", body: body))
    }

    package func post(_ entry: Entry) throws -> Reply { try post(Array(try Self.json(entry))) }

    package static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    package static func text(_ value: some Encodable) throws -> String {
        String(decoding: try json(value), as: UTF8.self)
    }

    package func read<Value: Decodable>(_ type: Value.Type, _ reply: Reply) throws -> Value {
        guard reply.isSuccess else {
            throw LinuxError.malformed(object: "an honest call", reason: "\(reply.status) \(reply.body.prefix(300))")
        }
        return try JSONDecoder().decode(type, from: Data(reply.bytes))
    }
}

// Leases and jobs.
extension Ground {
    /// A demand of one core for ten minutes.
    package func demand(_ edit: (inout Demand) -> Void = { _ in }) -> Demand {
        var demand = Demand(
            demandID: .random(), revision: 1, buyer: buyer.address, issuedAt: now, expiresAt: now + 3_600,
            startsFrom: now - 60, startsUntil: now + 3_600, durationSeconds: 600,
            resources: Resources(cores: 1, memoryBytes: 64 << 20, storageBytes: 32 << 20, gpus: 0), constraints: [],
            hourlyMax: 90_000_000, budget: 3_000_000, regions: [], isolationMin: .container, allow: [], deny: [])
        edit(&demand)
        return demand
    }

    /// Terms for a posted demand on the agent's offer.
    package func terms(for demand: Demand, _ edit: (inout LeaseTerms) -> Void = { _ in }) throws -> LeaseTerms {
        let offers = try read([OfferRecord].self, ask(ledger, HTTPText.request("GET", "/v1/offers?live=true")))
        guard let record = offers.first(where: { $0.document.machine == machine }) else {
            throw LinuxError.malformed(object: "the agent", reason: "it has no offer")
        }
        var terms = try LeaseTerms(
            demand: demand, demandDigest: demand.digest(in: domain), offer: record.document, offerDigest: record.digest,
            choice: LeaseChoice(startsAt: now, session: buyer.address, salt: .random()))
        edit(&terms)
        return terms
    }

    /// A lease that takes uploads: the one of the case before, while nothing was started on it.
    package func openLease() throws -> LeaseID {
        if let open { return open }
        let demand = demand()
        _ = try read(PostReceipt.self, post(.demand(Signed(demand, by: buyer, in: domain))))
        let terms = try terms(for: demand)
        let proposal = LeaseProposal(terms: terms, payerSignature: buyer.sign(terms.digest(in: domain)))
        let body = Array(try Self.json(proposal))
        let signed = try read(CountersignedTerms.self, ask(agent, HTTPText.request("POST", "/v1/leases", body: body)))
        _ = try read(PostReceipt.self, post(.leaseOpened(signed)))
        let lease = signed.lease(in: domain)
        open = lease
        return lease
    }

    package func put(_ kind: UploadKind, _ lease: LeaseID, _ bytes: [UInt8]) throws -> Reply {
        try call("PUT", "/v1/leases/\(lease)/uploads/\(kind.rawValue)", body: bytes)
    }

    /// Starts a job on what was uploaded, waits for its end and pays for it.
    ///
    /// - Returns: 200 when the job ran to its end, 422 when it could not be started, with the report; 0 when it went on
    ///   for too long.
    package func run(_ lease: LeaseID, _ job: JobRequest, seconds: UInt64 = 30) throws -> Answer {
        open = nil
        let reply = try call("POST", "/v1/leases/\(lease)/job", body: Array(try Self.json(job)))
        guard reply.isSuccess else {
            let isEnded = try settle(lease)
            return Answer(reply.status, reply.body, wrong: isEnded ? [] : ["the lease does not end"])
        }
        let exit = try waitForExit(lease, seconds: seconds)
        let isEnded = try settle(lease)
        let report = try call("GET", "/v1/leases/\(lease)/report").body
        var wrong = isEnded ? [] : ["the lease does not end"]
        if exit == nil { wrong.append("the job neither ran nor was refused in \(seconds) s") }
        switch exit {
        case .hostFailure(let why), .refused(let why): return Answer(422, "\(why.shown) \(report)", wrong: wrong)
        default: return Answer(exit == nil ? 0 : 200, report, wrong: wrong)
        }
    }

    private func waitForExit(_ lease: LeaseID, seconds: UInt64) throws -> ExitReason? {
        let deadline = BootClock.now() + seconds * 1_000_000_000
        while BootClock.now() < deadline {
            let job = try read(JobStatus.self, call("GET", "/v1/leases/\(lease)/job"))
            if let exit = job.exit { return exit }
            if job.phase == .closed { return .hostFailure(description: job.note) }
            pause(for: .milliseconds(50))
        }
        return nil
    }

    /// Ends the lease that is left.
    package func finish() throws { if let open { _ = try settle(open) } }

    /// Cancels what runs, promises what is owed and waits until the lease is closed.
    package func settle(_ lease: LeaseID, seconds: UInt64 = 20) throws -> Bool {
        if open == lease { open = nil }
        let deadline = BootClock.now() + seconds * 1_000_000_000
        _ = try call("POST", "/v1/leases/\(lease)/cancel")
        while BootClock.now() < deadline {
            let job = try read(JobStatus.self, call("GET", "/v1/leases/\(lease)/job"))
            if job.phase == .closed { return true }
            let receipts = try read([Signed<Receipt>].self, call("GET", "/v1/leases/\(lease)/receipts"))
            if let last = receipts.last { _ = try vouch(for: last) }
            pause(for: .milliseconds(100))
        }
        return false
    }

    package func vouch(for receipt: Signed<Receipt>) throws -> Reply {
        let voucher = Signed(
            Voucher(
                channel: receipt.document.lease, cumulative: receipt.document.amount,
                receipt: receipt.digest(in: domain)), by: buyer, in: domain)
        let path = "/v1/leases/\(receipt.document.lease)/vouchers"
        return try ask(agent, HTTPText.request("POST", path, body: Array(try Self.json(voucher))))
    }
}

// What honest jobs are made of.
extension Ground {
    /// Busybox as an archive of a root filesystem.
    package static let rootfs: [UInt8] = {
        let busybox = (try? Files.bytes(ChildProcess.find("busybox") ?? "/bin/busybox", limit: 16 << 20)) ?? []
        let folders = ["bin/", "etc/", "proc/", "dev/", "sys/", "tmp/", "input/", "output/"]
        return TarEntry.archive(
            folders.map { .folder($0) } + [
                TarEntry("bin/busybox", mode: "0000755", content: busybox), .link("bin/sh", to: "busybox"),
            ])
    }()

    package static func job(_ script: String, _ format: ImageFormat = .rootfs) -> JobRequest {
        JobRequest(
            command: ["/bin/busybox", "sh", "-c", script], imageFormat: format, wallSecondsMax: 20)
    }
}
