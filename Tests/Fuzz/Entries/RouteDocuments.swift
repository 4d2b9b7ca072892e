import Foundation
import GCXLedger
import GCXModel
import GCXPricing
import GCXSandbox
import GCXSigning
import Support

@testable import GCXAgent
@testable import GCXWire

/// What the routes of the agent take from anybody, as far as a function goes before it needs the machine.
enum RouteDocuments {
    /// Terms that a buyer proposes, against an offer, beside leases that the same machine holds.
    static func proposal(_ bytes: [UInt8]) {
        guard let proposal = try? StrictJSON.decode(LeaseProposal.self, from: bytes), let scene = try? Scene.made.get()
        else { return }
        let terms = proposal.terms
        let demand = scene.world.demand().document
        for case .offer(let offer) in scene.entries {
            let admission = Admission(
                offer: offer.document, offerDigest: offer.digest(in: scene.world.domain), demand: demand,
                machine: scene.world.machine.address, now: scene.world.clock.now)
            guard (try? admission.check(terms, beside: [])) != nil else { continue }
            try? admission.check(terms, beside: [terms])
        }
        _ = try? Pricing.ceiling(terms.resources, rates: terms.rates, seconds: terms.endsAt &- terms.startsAt)
        _ = try? proposal.payerSignature.recover(terms.digest(in: scene.world.domain))
    }

    /// A job, as an agent looks at it before it takes it, and as the sandbox does.
    static func job(_ bytes: [UInt8]) {
        guard let request = try? StrictJSON.decode(JobRequest.self, from: bytes) else { return }
        try? request.checkTexts()
        _ = try? request.registryImage()
        try? request.input?.check(allowed: ["https://"])
        if let network = request.network { try? NetworkPolicy.check(network, by: policy) }
        let spec = JobSpec(
            id: "a", image: .rootfs(path: "/"), command: request.command, environment: request.environment,
            workingDirectory: request.workingDirectory,
            resources: JobResources(
                cores: 1, memoryBytes: 1 << 30, pids: request.pidsMax ?? AgentLimits.pids.lowerBound,
                writableBytes: 1 << 30),
            wallSecondsMax: request.wallSecondsMax ?? 1, network: request.network)
        try? spec.validate()
    }

    private static let policy = IPv4Network("10.64.0.0/16").map {
        NetworkPolicy(pool: $0, bytesPerSecond: 1_000_000, connectionsMax: 64, publishAddresses: [$0.first])
    }

    /// The header by which a session says who it is.
    static func session(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let scene = try? Scene.made.get(), let session = try? SessionHeader.parse(text) else { return }
        let world = scene.world
        try? SessionCheck(machine: world.machine.address, domain: world.domain, now: world.clock.now).check(session)
    }

    /// The same without what goes around it in a header, which hides the JSON from whoever changes bytes.
    static func token(_ bytes: [UInt8]) { session(Array("GCX-Session \(Data(bytes).base64EncodedString())".utf8)) }

    /// Behind the number that each has among the documents of the entry `json`.
    static var seeds: [[UInt8]] {
        var seeds: [[UInt8]] = []
        for proposal in proposals { seeds += [[16] + proposal, [18] + proposal] }
        for job in jobs { seeds += [[17] + job, [19] + job] }
        for session in sessions {
            seeds.append([20] + Array(((try? SessionHeader.value(session)) ?? "").utf8))
            seeds.append([21] + ((try? WireJSON.encode(session)) ?? []))
        }
        return seeds
    }

    private static var proposals: [[UInt8]] {
        guard let scene = try? Scene.made.get() else { return [] }
        return scene.entries.compactMap { entry in
            guard case .leaseOpened(let lease) = entry else { return nil }
            return try? WireJSON.encode(LeaseProposal(terms: lease.terms, payerSignature: lease.payerSignature))
        }
    }

    private static var jobs: [[UInt8]] {
        let digest = String(repeating: "ab", count: 32)
        let requests = [
            JobRequest(command: ["sh"], environment: ["A": "b"], imageFormat: .oci),
            JobRequest(
                command: [], workingDirectory: "/a", imageFormat: .registry,
                imageReference: "docker://registry.example/a/b@sha256:\(Untrusted(digest))", wallSecondsMax: 60,
                pidsMax: 64, input: JobInput(digest: digest, url: "https://example.org/a"), logKeep: .end,
                network: JobNetwork(mode: .egress, publish: [80])),
        ]
        return requests.compactMap { try? WireJSON.encode($0) }
    }

    private static var sessions: [Signed<ApiSession>] {
        guard let world = (try? Scene.made.get())?.world else { return [] }
        let session = ApiSession(
            account: world.buyer.address, session: world.session.address, audience: world.machine.address,
            issuedAt: world.clock.now, expiresAt: world.clock.now + 60)
        return [world.sign(session, by: world.buyer)]
    }
}

extension RouteDocuments {
    static func receipts(_ receipt: Receipt) -> [Signed<Receipt>] {
        guard let world = (try? Scene.made.get())?.world else { return [] }
        return [world.sign(receipt, by: world.machine)]
    }

    /// Answers of an agent and a ledger, in the order in which ``Answers`` reads them.
    static var answers: [[UInt8]] {
        guard let scene = try? Scene.made.get() else { return [] }
        let world = scene.world
        var state = LedgerState(world.charter)
        for entry in scene.entries {
            let posting = state.posting(at: world.clock.now, checksSignatures: false)
            guard let change = try? state.check(entry, in: posting),
                let posted = try? PostedEntry(
                    index: posting.index, postedAt: posting.time, previous: state.chain, entry: entry)
            else { continue }
            state.commit(change, of: posted)
        }
        let leases = state.leases(of: world.buyer.address, from: 0).items
        guard let lease = leases.first else { return [] }
        let job = JobStatus(
            lease: lease.id, payer: world.buyer.address, phase: .running, exit: nil, startedAt: 1, endedAt: nil,
            usage: .zero, amount: 1, vouched: 2, claimed: 0, deposit: 3, receipts: 1, logBytes: 4, note: "a",
            published: [PublishedPort(address: IPv4Address(bits: 1), port: 2, jobPort: 3)])
        let agent = AgentStatus(
            version: "1", machine: world.machine.address, owner: world.owner.address, offer: .zero, runtime: "crun",
            cgroupLayout: "v2", jobs: [job], outboxPending: 0, problems: ["a"])
        let identity = LedgerIdentity(
            domain: world.domain, operator: world.operator.address, isTestNetwork: true, ledgerTime: 1)
        let values: [any Encodable] = [
            job, agent, [job], lease.signed, VoucherReceipt(lease: lease.id, cumulative: 5), identity,
            PostReceipt(index: 1, entryHash: .zero, postedAt: 2, duplicate: false), state.account(world.buyer.address),
            state.grants(of: world.owner.address), AttestationEntry?.none, state.offers(liveAt: nil),
            state.demands(liveAt: nil), TestWorld.wanted, leases,
            state.ratings(of: world.owner.address, from: 0).items, SignedTreeHead?.none,
            InclusionProof(index: 1, treeSize: 2, leafHash: .zero, path: [.zero]),
            ConsistencyProof(from: 1, to: 2, path: [.zero]),
        ]
        return values.map { (try? WireJSON.encode($0)) ?? [] }
    }
}
