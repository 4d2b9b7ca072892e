import FoundationEssentials
import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import NIOHTTP1
import Support
import Synchronization
import Testing

@testable import GCXClient
@testable import GCXWire

/// JSON that another reader would take for something else, in every place of every document that a route takes.
@Suite(.timeLimit(.minutes(5))) struct DisguiseTests {
    private struct Disguise {
        var bytes: [UInt8]
        /// What the refusal has to name; empty where no field can be named.
        var names: String
    }

    /// Each way to say the same differently, once for each field that it can be done to.
    private static func disguises(of document: some Encodable) throws -> [Disguise] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(document), as: UTF8.self)
        var all: [Disguise] = []
        func add(_ member: String, in range: Range<String.Index>, names: String) {
            let changed = text[..<range.lowerBound] + member + text[range.upperBound...]
            all.append(Disguise(bytes: Array(changed.utf8), names: names))
        }
        for match in text.matches(of: try Regex(#""(\w+)":(\d+)(?=[,}])"#, as: (Substring, Substring, Substring).self))
        {
            let (name, digits) = (match.output.1, match.output.2)
            for number in ["\(digits).0000000000000001", "\(digits).0", "\(digits)e0", "-0", "\"\(digits)\""] {
                add("\"\(name)\":\(number)", in: match.range, names: "\(name)")
            }
            add("\"\(name)\":0\(digits)", in: match.range, names: "")
        }
        for match in text.matches(of: try Regex(#""(\w+)":"#, as: (Substring, Substring).self)) {
            let name = match.output.1
            add("\"\(name)\":null,\"\(name)\":", in: match.range, names: "\(name)` is there twice")
            add("\"novelty\":1,\"\(name)\":", in: match.range, names: "novelty")
        }
        let plain = Array(text.utf8)
        let wide = plain.flatMap { [$0, UInt8(0)] }
        let marked: [UInt8] = [0xFF, 0xFE] + wide
        let swapped: [UInt8] = [0xFE, 0xFF] + plain.flatMap { [UInt8(0), $0] }
        for bytes in [wide, marked, swapped, [0xEF, 0xBB, 0xBF] + plain, plain + [0], plain + plain] {
            all.append(Disguise(bytes: bytes, names: ""))
        }
        return all
    }

    /// Sends each to a route, which refuses it and names the field.
    private func refuses(
        _ document: some Encodable, at path: String, of endpoint: Endpoint,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let disguises = try Self.disguises(of: document)
        #expect(disguises.count >= 10, sourceLocation: sourceLocation)
        for disguise in disguises {
            let call = HTTPCall(method: .POST, path: path, body: disguise.bytes, isRepeatable: false)
            let answer = try await HTTPTransport.shared.answer(call, from: ServerAddress(endpoint))
            let said = String(decoding: answer.body, as: UTF8.self)
            #expect(
                answer.status == 400 && (disguise.names.isEmpty || said.contains(disguise.names)),
                "\(String(decoding: disguise.bytes, as: UTF8.self)) to \(path): \(answer.status) \(said)",
                sourceLocation: sourceLocation)
        }
    }

    /// One entry of each kind.
    private static func entries(_ world: TestWorld) -> [Entry] {
        let grant = world.grant()
        let offer = world.offer(grant: grant.digest(in: world.domain)) { $0.allow = [world.buyer.address] }
        let demand = world.demand {
            $0.constraints = [Constraint(fact: "cpu.fp64.all", minimum: 1, maximum: 2, levelMin: .measured)]
        }
        let lease = world.countersign(
            world.terms(offer: offer.digest(in: world.domain), demand: demand.digest(in: world.domain)))
        let id = lease.lease(in: world.domain)
        return [
            .grant(grant), .attestation(world.attestation()), .offer(offer), .demand(demand),
            .withdrawal(world.withdrawal(id, by: world.buyer)), .leaseOpened(lease),
            .topUp(world.topUp(id, to: 11_000)),
            .claim(world.voucher(id, 300)), .closeRequest(world.closeRequest(id, by: world.owner)), .finalize(id),
            .rating(world.rating(id)), .faucet(world.faucet(world.buyer.address, 5)),
            .clock(world.clockOrder(at: 0)), .creditIssued(world.creditIssue(world.buyer.address, 5)),
            .creditRedeemed(world.creditRedemption(5)),
        ]
    }

    @Test("is refused by the ledger in every kind of entry, and nothing is written")
    func ledger() async throws {
        let world = try TestWorld()
        let entries = Self.entries(world)
        #expect(Set(entries.map(\.kind)) == Set(EntryKind.allCases))
        try await withScratch { directory in
            let ledger = try SQLiteLedger(
                path: directory + "/ledger.sqlite", operatorKey: world.operator, isTestNetwork: true,
                founding: TestWorld.founding, boot: { world.clock.boot }, now: { world.clock.now })
            try await withLedgerServer(ledger, at: .unix(path: directory + "/l")) { client, _ in
                for entry in entries { try await refuses(entry, at: "/v1/entries", of: client.endpoint) }
                #expect(await ledger.head().document.size == 0)
            }
        }
    }

    @Test("is refused by the agent in proposals, vouchers and jobs, which never reach it")
    func agent() async throws {
        let lease = SampleLease()
        let agent = ScriptedAgent(lease)
        let proposal = LeaseProposal(terms: lease.terms, payerSignature: lease.payer.sign(lease.id))
        let voucher = Signed(
            Voucher(channel: lease.id, cumulative: 1, receipt: .zero), by: lease.session, in: lease.domain)
        let job = JobRequest(
            command: ["/bin/true"], environment: ["A": "b"], workingDirectory: "/", imageFormat: .oci,
            imageReference: "latest", wallSecondsMax: 60, pidsMax: 7,
            input: JobInput(digest: String(repeating: "0", count: 64), url: "https://localhost/"), logKeep: .end,
            network: JobNetwork(mode: .egress, publish: [80]))
        try await withScratch { directory in
            try await withAgentServer(agent, at: .unix(path: directory + "/a")) { client, _ in
                try await refuses(proposal, at: "/v1/leases", of: client.endpoint)
                try await refuses(voucher, at: "/v1/leases/\(lease.id)/vouchers", of: client.endpoint)
                try await refuses(job, at: "/v1/leases/\(lease.id)/job", of: client.endpoint)
            }
        }
        #expect(agent.state.withLock { $0.submitted == nil && $0.vouchers.isEmpty })
    }
}
