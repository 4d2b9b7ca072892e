import FoundationEssentials
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import NIOHTTP1
import Support
import Synchronization
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

@Suite(.timeLimit(.minutes(1))) struct HTTPLedgerTests {
    static let errors: [LedgerError] = [
        .badSignature(.offer, expected: .random(), got: .random()),
        .badSignature(.grant, expected: .random(), got: nil),
        .notAllowed(.random(), reason: "“quoted” \u{0}"), .unknownGrant(.random()), .unknownAttestation(.random()),
        .unknownOffer(.random()), .unknownDemand(.random()), .unknownSubject(.random()), .leaseUnknown(.random()),
        .unknownEntry(.max), .unknownTree(from: 1, to: 2, size: 1), .expired(.offer, .random(), at: 5),
        .withdrawn(.demand, .random()), .superseded(.offer, .random(), by: .random()),
        .staleRevision(.offer, id: .random(), current: 3, offered: 2),
        .malformed(.rating, field: "stars", reason: "is 6"), .documentTooLarge(.offer, field: "facts", max: 512),
        .datedAhead(.demand, date: .max, ledgerTime: 0),
        .termsDiffer(field: "rates", from: .offer, required: "1", got: "2"),
        .overCapacity(offer: .random(), resource: "cores", free: 1, asked: 2),
        .insufficientFunds(.random(), holds: 0, needs: Amount(.max)), .escrowExceeded(.random(), held: 1, asked: 2),
        .staleVoucher(.random(), settled: 2, offered: 1), .staleTopUp(.random(), deposit: 2, offered: 1),
        .rateCapExceeded(.random(), allowed: 1, asked: 2), .amountOverflow(.topUp), .notTestNetwork, .testNetwork,
        .clockJumped(machine: 2, latest: 1), .clockDiffers(asked: 2, machine: 1),
        .formatTooOld(.clock, format: 2, needed: 3),
        .leaseClosing(.random(), closesAt: 9), .leaseClosed(.random()), .notClosing(.random()),
        .closeWindowOver(.random(), closedAt: 9), .closeWindowNotOver(.random(), closesAt: 9), .notSettled(.random()),
        .alreadyRated(.random(), by: .random()), .keyReused(EntryKey(kind: .claim, digest: .random())),
        .wrongOperator(expected: .random(), got: .random()), .wrongNetwork(isTestNetwork: true), .wrongCurrency(.test),
        .unknownFormat(found: "2", known: "1"), .storage(operation: "write", detail: "full"),
        .notALedger(path: "/x", reason: "empty"),
        .corrupted(nil, detail: "bits"), .locked(path: "/x"), .unreachable(endpoint: "x", detail: "y"),
        .unreadable(endpoint: "x", detail: "y"),
        .outcomeUnknown(EntryKey(kind: .claim, digest: .random()), after: .milliseconds(1_500)),
    ]

    @Test("every error of a ledger arrives as the same error, from reading and from posting")
    func errors() async throws {
        let ledger = ScriptedLedger(.notTestNetwork)
        try await serving(ledger) { client in
            for error in Self.errors {
                ledger.failure.withLock { $0 = error }
                await #expect(throws: error) { try await client.account(.random()) }
                await #expect(throws: error) { try await client.post(.finalize(.random())) }
            }
            #expect(ledger.posts.withLock { $0 } == Self.errors.count)
        }
    }

    @Test("the envelope names the case, the message and the remedy, with a status that fits")
    func envelope() async throws {
        let ledger = ScriptedLedger(.closeWindowNotOver(.zero, closesAt: 9))
        try await serving(ledger) { client in
            let answer = try await HTTPTransport.shared.answer(.get("/v1/leases/\(Digest.zero)"), from: client.address)
            #expect(answer.status == 409)
            let envelope = try WireJSON.answer(ErrorEnvelope<LedgerError>.self, from: answer.body)
            #expect(envelope.code == "closeWindowNotOver")
            #expect(envelope.message == LedgerError.closeWindowNotOver(.zero, closesAt: 9).description)
            #expect(envelope.remedy == WireRemedy(.retry(after: .seconds(5))))
        }
    }

    @Test("health is the ledger's own, and a ledger without a journal says so")
    func plainLedger() async throws {
        let ledger = ScriptedLedger(.storage(operation: "read", detail: "gone"))
        try await serving(ledger) { client in
            let well = try await HTTPTransport.shared.answer(.get("/healthz"), from: client.address)
            #expect(well.status == 200)
            ledger.isUp.withLock { $0 = false }
            let ill = try await HTTPTransport.shared.answer(.get("/healthz"), from: client.address)
            #expect(ill.status == 500)
            let head = try await HTTPTransport.shared.answer(.get("/v1/head"), from: client.address)
            #expect(head.status == 501)
            let error = await #expect(throws: LedgerError.self) { try await client.head() }
            #expect(error?.description.contains("cannot show its journal") == true)
        }
    }

    @Test("an entry larger than any ledger takes never reaches it")
    func tooLarge() async throws {
        let ledger = ScriptedLedger(.notTestNetwork)
        try await serving(ledger) { client in
            let padding = [UInt8](repeating: UInt8(ascii: " "), count: WireLimits.entryBodyBytesMax)
            let body = padding + Array(#"{"kind":"finalize","body":"\#(Digest.zero)"}"#.utf8)
            let call = HTTPCall(method: .POST, path: "/v1/entries", body: body, isRepeatable: false)
            let answer = try await HTTPTransport.shared.answer(call, from: client.address)
            #expect(answer.status == 413)
            #expect(ledger.posts.withLock { $0 } == 0)
        }
    }

    @Test(
        "a sign of life larger than one can be never reaches a ledger, and one that is refused comes back with its reason"
    )
    func signs() async throws {
        let ledger = ScriptedLedger(.signRefused(.zero, reason: "one came before it"))
        let sign = Signed(
            SignOfLife(machine: .random(), offer: .zero, at: 1, isLeaving: true), by: .generate(),
            in: ledger.known.domain)
        try await serving(ledger) { client in
            let body =
                [UInt8](repeating: UInt8(ascii: " "), count: ServerLimits.signBodyBytesMax)
                + (try WireJSON.encode(sign))
            let call = HTTPCall(method: .POST, path: "/v1/signs", body: body, isRepeatable: false)
            let answer = try await HTTPTransport.shared.answer(call, from: client.address)
            #expect(answer.status == 413)
            await #expect(throws: LedgerError.signRefused(.zero, reason: "one came before it")) {
                try await client.see(sign)
            }
            // There is room for one as large as it can be.
            let largest = SignOfLife(machine: .random(), offer: .random(), at: .max, isLeaving: false)
            #expect(
                try WireJSON.encode(Signed(largest, by: .generate(), in: ledger.known.domain)).count * 2
                    < ServerLimits.signBodyBytesMax)
        }
    }

    @Test("a ledger that nobody serves is unreachable, and nothing was sent")
    func nobody() async throws {
        try await withScratch { directory in
            RawSocket.leaveStale(at: directory + "/stale")
            for (name, reason) in [("none", "there is no such socket"), ("stale", "nobody listens there")] {
                let client = HTTPLedger(.unix(path: "\(directory)/\(name)"))
                let error = LedgerError.unreachable(endpoint: "unix:\(directory)/\(name)", detail: Untrusted(reason))
                await #expect(throws: error) { try await client.identity() }
                await #expect(throws: error) { try await client.post(.finalize(.random())) }
            }
        }
    }

    @Test("a post whose answer got lost has an unknown outcome; it was sent again once")
    func lost() async throws {
        try await withScratch { directory in
            let identity = ScriptedLedger(.notTestNetwork).known
            let json = String(decoding: try WireJSON.encode(identity), as: UTF8.self)
            let server = try MuteServer(at: directory + "/s") { $0.hasPrefix("GET /v1/identity") ? json : nil }
            defer { server.stop() }
            let client = HTTPLedger(.unix(path: directory + "/s"))
            let entry = Entry.finalize(.random())
            await #expect(
                throws: LedgerError.outcomeUnknown(entry.key(in: identity.domain), after: ClientLimits.outcomeRetry)
            ) { try await client.post(entry) }
            #expect(server.requests.filter { $0.hasPrefix("POST") }.count == 1 + ClientLimits.brokenRetriesMax)
            // Reading has no outcome that could be unknown.
            let error = await #expect(throws: LedgerError.self) { try await client.account(.random()) }
            guard case .unreachable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("a call that must not happen twice is sent once, even when its connection breaks")
    func once() async throws {
        try await withScratch { directory in
            let server = try MuteServer(at: directory + "/s") { _ in nil }
            defer { server.stop() }
            let client = AgentClient(.unix(path: directory + "/s"))
            await #expect(throws: AgentError.self) {
                try await client.submit(JobRequest(command: [], imageFormat: .oci), lease: .random(), by: .owner)
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test("an answer that is no ledger's is unreadable")
    func nonsense() async throws {
        try await withScratch { directory in
            let server = try MuteServer(at: directory + "/s") { _ in "<html>" }
            defer { server.stop() }
            let error = await #expect(throws: LedgerError.self) {
                try await HTTPLedger(.unix(path: directory + "/s")).identity()
            }
            guard case .unreadable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test(
        "what is answered to a post and makes no sense leaves open whether it was written, unless nobody can have taken it",
        arguments: [
            ("200 OK", "<html>", true), ("200 OK", "{}", true), ("200 OK", "", true),
            ("502 Bad Gateway", "<html>", true),
            ("504 Gateway Timeout", "", true), ("500 Internal Server Error", "{}", true),
            ("404 Not Found", "<html>", false),
            ("403 Forbidden", "{}", false), ("400 Bad Request", "", false),
        ])
    func nonsenseAfterPost(status: String, body: String, isOpen: Bool) async throws {
        let entry = Entry.finalize(.random())
        let identity = try WireJSON.encode(ScriptedLedger(.notTestNetwork).known)
        try await withScratch { directory in
            let server = try EvilServer(at: directory + "/s") { request, write in
                guard request.hasPrefix("POST") else { return _ = write(EvilServer.answer(identity)) }
                _ = write(EvilServer.head(status, ["Content-Length": "\(body.utf8.count)"]) + Array(body.utf8))
            }
            defer { server.stop() }
            let error = await #expect(throws: LedgerError.self) {
                try await HTTPLedger(.unix(path: directory + "/s")).post(entry)
            }
            switch error {
            case .outcomeUnknown(let key, _): #expect(isOpen && key.kind == .finalize)
            case .unreadable: #expect(!isOpen)
            default: Issue.record("\(String(describing: error))")
            }
        }
    }

    private func serving(_ ledger: any Ledger, _ body: (HTTPLedger) async throws -> Void) async throws {
        try await withScratch { directory in
            try await withLedgerServer(ledger, at: .unix(path: directory + "/ledger.sock")) { client, _ in
                try await body(client)
            }
        }
    }
}
