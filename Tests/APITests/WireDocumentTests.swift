import FoundationEssentials
import GCXLedger
import GCXLedgerSQLite
import GCXLinux
import GCXModel
import GCXSigning
import Support
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// `Config/openapi.json`: made of the routes, and held against what the servers answer.
@Suite("The document of the wire", .timeLimit(.minutes(2)))
struct WireDocumentTests {
    static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let lease = SampleLease()

    @Test("Config/openapi.json says what the routes say")
    func file() throws {
        let text = try OpenAPI.text()
        guard (try? Files.text("\(Self.root)/Config/openapi.json")) != text else { return }
        try DurableFile.write(text.utf8, to: "\(Self.root)/.build/openapi.json")
        Issue.record("what the routes say lies in .build/openapi.json; look at the difference, and copy it")
    }

    @Test("a server answers the calls that are declared, and no other")
    func declared() throws {
        let agent = APIRouter.enveloped(logger: quiet)
        AgentRoutes(agent: ScriptedAgent(lease), isOwner: { _ in true }).add(to: agent)
        let ledger = APIRouter.enveloped(logger: quiet)
        LedgerRoutes(ledger: ScriptedLedger(.notTestNetwork), quota: PostQuota(PostLimits())).add(to: ledger)
        for (router, calls) in [(agent, AgentCalls.all), (ledger, LedgerCalls.all)] {
            #expect(
                router.routes.map { "\($0.method) \($0.path)" }.sorted()
                    == calls.map { "\($0.method) \($0.path)" }.sorted())
        }
        let names = AgentCalls.all.map(\.name) + LedgerCalls.all.map(\.name)
        // Health is of both.
        #expect(Set(names).count == names.count - 1)
    }

    @Test("every call has a version in its path, but for the question whether there is anybody")
    func version() {
        for route in AgentCalls.all + LedgerCalls.all where route.name != SharedCalls.health.name {
            #expect(route.path.hasPrefix("/v1/"), "\(route.name)")
        }
    }

    @Test("every list comes in pages: its items have a bound, and its cursor is a parameter of the same call")
    func pages() throws {
        let reader = SchemaReader()
        var lists = 0
        for route in AgentCalls.all + LedgerCalls.all {
            guard let schema = try route.answer.schema?(reader), schema["type"] == "array" else { continue }
            lists += 1
            guard case .number(let most)? = schema["maxItems"], most < 10_000 else {
                Issue.record("\(route.name) has no bound")
                continue
            }
            let words = try #require(route.answer.headers["gcx-next"], "\(route.name) does not go on")
            #expect(route.query.contains { words.contains("`\($0.name)`") }, "\(route.name)")
        }
        #expect(lists == 11)
    }

    @Test("every parameter that the document names is read, and refused where it cannot be read")
    func parameters() async throws {
        try await withScratch { directory in
            try await withAgentServer(ScriptedAgent(lease), at: .unix(path: directory + "/a")) { client, _ in
                try await ask(AgentCalls.all, client.endpoint)
            }
            let world = try TestWorld()
            let ledger = try SQLiteLedger(
                path: directory + "/ledger.sqlite", operatorKey: world.operator, isTestNetwork: true,
                founding: TestWorld.founding, boot: { world.clock.boot }, now: { world.clock.now })
            try await withLedgerServer(ledger, at: .unix(path: directory + "/l")) { client, _ in
                try await ask(LedgerCalls.all, client.endpoint)
            }
        }
    }

    /// Asks for each parameter with what it cannot be.
    private func ask(_ routes: [Route], _ endpoint: Endpoint) async throws {
        for route in routes {
            let path = route.path.replacing("{lease}", with: "\(lease.id)").replacing("{digest}", with: "\(lease.id)")
                .replacing("{address}", with: "\(lease.terms.payer)").replacing("{kind}", with: "image")
            for parameter in route.query {
                let query = route.query.filter { $0.isRequired || $0.name == parameter.name }
                    .map { "\($0.name)=\($0.name == parameter.name ? "!" : "1")" }
                var call = HTTPCall.get("\(path)?\(query.joined(separator: "&"))")
                call.method = .init(rawValue: route.method.rawValue)
                let answer = try await HTTPTransport.shared.answer(call, from: ServerAddress(endpoint))
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect(answer.status == 400 && text.contains("parameter \(parameter.name) "), "\(route.name): \(text)")
            }
        }
    }

    @Test("what a type reads is what its schema says, with what it can do without")
    func reflection() throws {
        struct Inner: Codable, Sendable { var amount: Amount }
        struct Outer: Codable, Sendable {
            var digest: Digest
            var inner: [Inner]
            var note: Untrusted?
            var kind: UploadKind
        }
        let reader = SchemaReader()
        #expect(try reader.schema(of: Outer.self) == .reference("Outer"))
        let outer = try #require(reader.components["Outer"])
        #expect(outer["required"] == ["digest", "inner", "kind"])
        #expect(outer["properties"]?["note"] == ["type": "string"])
        #expect(outer["properties"]?["kind"] == ["type": "string", "enum": ["image", "input"]])
        #expect(outer["properties"]?["inner"] == ["type": "array", "items": .reference("Inner")])
        #expect(reader.components["Inner"]?["properties"]?["amount"] == .decimal)
        struct Odd: Decodable, Sendable {
            init(from decoder: any Decoder) throws { _ = try decoder.singleValueContainer() }
        }
        #expect(throws: UndescribedType.self) { try reader.schema(of: Odd.self) }
    }

    @Test("what is signed stands in the document as it is signed")
    func typedData() throws {
        let reader = SchemaReader()
        _ = try reader.schema(of: Signed<Offer>.self)
        let offer = try #require(reader.components["Offer"])
        #expect(offer["x-eip712"] == .text(Offer.encodeType))
        let later = Offer.schemaWithConduct.type.encodeType
        #expect(offer["x-eip712-with-conduct"] == .text(later) && later != Offer.encodeType)
    }

    private static let hasValidator: Bool = {
        guard let python = ChildProcess.find("python3") else { return false }
        return (try? ChildProcess(python, ["-c", "import jsonschema"]).outcome())?.status == .exited(0)
    }()

    @Test(
        "what the servers answer is what the document says, and nothing besides",
        .enabled(if: hasValidator, "needs python3-jsonschema, which `make setup-test` installs"))
    func answers() async throws {
        let book = AnswerBook()
        try await agentAnswers(book)
        try await ledgerAnswers(book)
        try samples(book)
        let calls = (AgentCalls.all + LedgerCalls.all).filter { $0.answer.schema != nil }
        #expect(Set(calls.map(\.name)).subtracting(book.asked) == [])
        try await withScratch { directory in
            try DurableFile.write(try WireJSON.encode(book.schema), to: "\(directory)/schema")
            try DurableFile.write(book.document, to: "\(directory)/answers")
            let outcome = try ChildProcess(
                try #require(ChildProcess.find("python3")),
                ["\(Self.root)/Tests/Benchmarks/validate.py", "\(directory)/schema", "\(directory)/answers"]
            ).outcome()
            #expect(outcome.status == .exited(0), "\(outcome.text)\(outcome.errorLine)")
        }
    }

    @Test(
        "the document is OpenAPI",
        .enabled(
            if: specValidator != nil, "needs a Python with openapi-spec-validator, which `make setup-test` installs"))
    func openAPI() throws {
        let outcome = try ChildProcess(
            try #require(Self.specValidator), ["-m", "openapi_spec_validator", "\(Self.root)/Config/openapi.json"]
        ).outcome()
        #expect(outcome.status == .exited(0), "\(outcome.text)\(outcome.errorLine)")
    }

    private static let specValidator: String? = {
        let own = "\(root)/.build/python/bin/python"
        guard let python = Files.exists(own) ? own : ChildProcess.find("python3"),
            (try? ChildProcess(python, ["-c", "import openapi_spec_validator"]).outcome())?.status == .exited(0)
        else { return nil }
        return python
    }()

    private func agentAnswers(_ book: AnswerBook) async throws {
        let agent = ScriptedAgent(lease)
        agent.state.withLock {
            $0.receipts = lease.receipts(2)
            $0.submitted = JobRequest(
                command: ["a"], environment: ["A": "b"], workingDirectory: "/", imageFormat: .oci, imageReference: "i",
                wallSecondsMax: 1, pidsMax: 2, input: JobInput(digest: "00", url: "https://a"), logKeep: .end,
                network: JobNetwork(mode: .egress, publish: [80]), keepsLease: true)
            $0.events = [
                JobEvent(
                    sequence: 1, lease: lease.id, wallNanoseconds: 1, bootNanoseconds: 2, kind: .proposed, text: "a")
            ]
            $0.bundle = "{}"
            let use = SessionUse(
                id: lease.id, session: lease.apiSession.document, firstUsedAt: 1,
                places: [SessionPlace(from: "a", usedAt: 2)], revokedAt: 3)
            $0.sessions = [nil: Page(items: [use], next: nil)]
        }
        let path = "/v1/leases/\(lease.id)"
        try await withScratch { directory in
            try await withAgentServer(agent, at: .unix(path: directory + "/s")) { client, _ in
                for (route, path) in [
                    (SharedCalls.health, "/healthz"), (AgentCalls.status, "/v1/status"), (AgentCalls.jobs, "/v1/jobs"),
                    (AgentCalls.job, "\(path)/job"), (AgentCalls.receipts, "\(path)/receipts"),
                    (AgentCalls.report, "\(path)/report"), (AgentCalls.leaseEvents, "\(path)/events"),
                    (AgentCalls.events, "/v1/events"), (AgentCalls.bundle, "\(path)/bundle"),
                    (AgentCalls.uploaded, "\(path)/uploads/image?digest=\(SHA256Hex.of([1]))"),
                    (AgentCalls.sessions, "/v1/sessions"),
                ] {
                    try await book.ask(route, .get(path), client.endpoint)
                }
                for (route, name) in [
                    (AgentCalls.hold, "hold"), (AgentCalls.release, "release"), (AgentCalls.cancel, "cancel"),
                ] {
                    try await book.ask(
                        route, HTTPCall(method: .POST, path: "\(path)/\(name)", isRepeatable: true), client.endpoint)
                }
                let proposal = LeaseProposal(terms: lease.terms, payerSignature: lease.payer.sign(lease.id))
                let voucher = Signed(
                    Voucher(channel: lease.id, cumulative: 1, receipt: .zero), by: lease.session, in: lease.domain)
                let job = agent.state.withLock { $0.submitted }
                try await book.post(AgentCalls.propose, "/v1/leases", proposal, client.endpoint)
                try await book.post(AgentCalls.voucher, "\(path)/vouchers", voucher, client.endpoint)
                let revocation = Signed(
                    SessionRevocation(account: lease.payer.address, audience: lease.machine.address, at: 1),
                    by: lease.payer, in: lease.domain)
                try await book.post(AgentCalls.revoke, "/v1/sessions/revoke", revocation, client.endpoint)
                try await book.post(AgentCalls.submit, "\(path)/job", job, client.endpoint)
                agent.state.withLock { $0.uploadPath = directory + "/image" }
                let tar = HTTPCall(
                    method: .PUT, path: "\(path)/uploads/image", body: [UInt8](repeating: 0, count: 1_024),
                    isRepeatable: false)
                try await book.ask(AgentCalls.upload, tar, client.endpoint)
                try await book.ask(.get("/v1/nothing"), client.endpoint)
                agent.state.withLock { $0.failure = .unpaid(lease.id, owed: 2, vouched: 1, creditLimit: 0) }
                try await book.ask(.get("\(path)/job"), client.endpoint)
            }
        }
    }

    private func ledgerAnswers(_ book: AnswerBook) async throws {
        let world = try TestWorld()
        try await withScratch { directory in
            let ledger = try SQLiteLedger(
                path: directory + "/ledger.sqlite", operatorKey: world.operator, isTestNetwork: true,
                founding: TestWorld.founding, boot: { world.clock.boot }, now: { world.clock.now })
            let bench = LedgerBench(ledger: ledger, world: world)
            let market = try await bench.openMarket {
                $0.facts = []
                $0.conduct = .heard
            }
            let terms = bench.lease(market)
            try await ledger.post(.leaseOpened(terms))
            let id = terms.lease(in: world.domain)
            try await ledger.post(.claim(world.voucher(id, 10)))
            try await ledger.post(.topUp(world.topUp(id, to: 12_000)))
            let attestation = world.attestation()
            try await ledger.post(.attestation(attestation))
            let (owner, buyer) = (world.owner.address, world.buyer.address)
            try await withLedgerServer(ledger, at: .unix(path: directory + "/s")) { client, _ in
                for (route, path) in [
                    (SharedCalls.health, "/healthz"), (LedgerCalls.identity, "/v1/identity"),
                    (LedgerCalls.account, "/v1/accounts/\(buyer)"), (LedgerCalls.grant, "/v1/grants/\(market.grant)"),
                    (LedgerCalls.attestation, "/v1/attestations/\(attestation.digest(in: world.domain))"),
                    (LedgerCalls.offer, "/v1/offers/\(market.offer)"),
                    (LedgerCalls.free, "/v1/offers/\(market.offer)/free?from=1&until=2"),
                    (LedgerCalls.demand, "/v1/demands/\(market.demand)"), (LedgerCalls.lease, "/v1/leases/\(id)"),
                    (LedgerCalls.offers, "/v1/offers"), (LedgerCalls.demands, "/v1/demands?live=true"),
                    (LedgerCalls.grants, "/v1/parties/\(owner)/grants"),
                    (LedgerCalls.leases, "/v1/parties/\(buyer)/leases"),
                    (LedgerCalls.ratings, "/v1/parties/\(owner)/ratings"), (LedgerCalls.entries, "/v1/entries"),
                    (LedgerCalls.entry, "/v1/entries/1"), (LedgerCalls.head, "/v1/head"),
                    (LedgerCalls.inclusion, "/v1/proofs/inclusion?index=0&treeSize=3"),
                    (LedgerCalls.consistency, "/v1/proofs/consistency?from=1&to=3"),
                ] {
                    try await book.ask(route, .get(path), client.endpoint)
                }
                try await book.post(
                    LedgerCalls.post, "/v1/entries", Entry.closeRequest(world.closeRequest(id, by: world.owner)),
                    client.endpoint)
                try await book.post(LedgerCalls.sign, "/v1/signs", bench.sign(market.offer), client.endpoint)
                try await book.ask(LedgerCalls.lease, .get("/v1/leases/\(id)"), client.endpoint)
                try await book.ask(.get("/v1/leases/\(Digest.zero)"), client.endpoint)
            }
        }
    }

    /// What the document says by hand, because no member tells it.
    private func samples(_ book: AnswerBook) throws {
        let ends: [ExitReason] = [
            .exited(code: 3), .signalled(signal: 9), .outOfMemory, .timeLimit, .budget, .cancelled(by: .buyer),
            .hostFailure(description: "a"), .refused(description: "b"),
        ]
        try book.add("ends", ends)
        let escrows: [Escrow] = [
            .open(deposit: 1, settled: 0), .closing(deposit: 1, settled: 0, requestedAt: 1, closesAt: 2),
            .closed(settled: 1, refunded: 0, closedAt: 3),
        ]
        try book.add("escrows", escrows)
        try book.add("units", [PUSet([]), PUSet([1, 2, 3, 9])])
        var standing = AgentStanding()
        standing.measuring = AgentStanding.Measuring(since: 1, seconds: 2)
        standing.ledgerAway = AgentStanding.Outage(since: 1, reason: "a")
        try book.add("standing", standing)
        try book.add(
            "port", PublishedPort(address: try #require(IPv4Address("10.0.0.1")), port: 1, jobPort: 2))
    }
}
