import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import Glibc

/// Many connections of one stranger at once. Whoever else asks meanwhile is answered in time: the runner looks.
enum SentFloods {
    static let all = silence + pages

    /// How long a flood is held: longer than an honest client may wait, several times over.
    private static let held: Duration = .seconds(4)

    /// Opens connections as a user of the machine who is not its owner, from an address that nobody else has.
    private static func flood(_ place: Place, _ count: Int, _ first: [UInt8]) throws -> [Peer] {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return try Stranger.run {
            var peers: [Peer] = []
            // What is not let in at once is tried again: the kernel's queue empties as the server accepts.
            let deadline = BootClock.now() + 6_000_000_000
            while peers.count < count, BootClock.now() < deadline {
                guard let peer = try? Peer(place.from("127.0.0.66"), seconds: 1) else { continue }
                if !first.isEmpty { peer.send(first) }
                peers.append(peer)
            }
            return peers
        }
    }

    private static func flood(
        _ sends: String, by stoppedBy: String, _ first: String, drips: [UInt8] = [], count: Int = 1_100
    ) -> [Sending] {
        ["agent", "ledger"].map { name in
            Sending(.connections, "\(sends), to the \(name)", by: stoppedBy, .taken) { ground in
                let peers = try flood(name == "agent" ? ground.agent : ground.ledger, count, Array(first.utf8))
                for _ in 0..<4 {
                    pause(for: held / 4)
                    if !drips.isEmpty { for peer in peers { peer.send(drips) } }
                }
                return Answer(200, note: "\(peers.count) connections")
            }
        }
    }

    private static let silence =
        flood("1,100 silent connections", by: "connections for each user and address", "")
        + flood(
            "1,100 connections that drip a header",
            by: "connections for each user and address, and a deadline for the head",
            "GET /healthz HTTP/1.1\r\nX: ", drips: [0x61])
        + flood(
            "1,100 connections that never send their body", by: "connections for each user and address, and a deadline",
            "POST /v1/entries HTTP/1.1\r\nHost: gcx\r\nContent-Length: 1000\r\n\r\n")

    /// Asks for the same again and again from several connections of a stranger.
    private static func ask(_ path: String, times: Int, at place: Place, reads: Bool) throws {
        let request = HTTPText.request("GET", path)
        let peers = try flood(place, times, request)
        if reads { for peer in peers { _ = peer.reply() } } else { pause(for: held) }
    }

    private static let pages = [
        Sending(.connections, "the largest pages of the journal, eight at once", by: "pages bounded in bytes", .taken) {
            ground in
            try fill(ground)
            for _ in 0..<3 { try ask("/v1/entries?limit=200", times: 8, at: ground.ledger, reads: true) }
            return Answer(200)
        },
        Sending(.connections, "the largest pages of the journal, never read", by: "memory for each peer", .taken) {
            ground in
            try ask("/v1/entries?limit=200", times: 64, at: ground.ledger, reads: false)
            return Answer(200)
        },
        Sending(
            .connections, "what is free of an offer with 200 leases, from 16 connections",
            by: "answers that leave the ledger's thread", .taken
        ) { ground in
            let offer = try crowd(ground)
            let path = "/v1/offers/\(offer)/free?from=0&until=\(UInt64.max)"
            for _ in 0..<4 { try ask(path, times: 16, at: ground.ledger, reads: true) }
            return Answer(200)
        },
        Sending(
            .connections, "64 calls that wait for receipts, without an end of the connection",
            by: "calls for each address", .taken
        ) { ground in
            let session = try ground.session()
            let request = HTTPText.head("GET", "/v1/leases/\(ground.ended)/receipts?after=99999&wait=30", [session])
            let peers = try flood(ground.agent, 64, request)
            pause(for: held)
            return Answer(200, note: "\(peers.count) connections")
        },
        Sending(
            .connections, "200 documents in a row on one connection, each of a fresh key",
            by: "a quota for each connection", .taken
        ) { ground in
            let peer = try Stranger.run { try Peer(ground.ledger) }
            for _ in 0..<200 {
                let key = PrivateKey.generate()
                let entry = Entry.demand(
                    Signed(ground.demand { $0.buyer = key.address }, by: key, in: ground.domain))
                let body = Array(try Ground.json(entry))
                guard peer.send(HTTPText.head("POST", "/v1/entries", ["Content-Length: \(body.count)"]) + body) else {
                    break
                }
                if peer.reply().status == 0 { break }
            }
            return Answer(200)
        },
    ]

    /// Makes the journal's newest pages as large as honest forms permit.
    private static func fill(_ ground: Ground) throws {
        let addresses = (0..<256).map { _ in Address.random() }
        for _ in 0..<64 {
            let demand = ground.demand {
                ($0.allow, $0.deny) = (addresses, addresses)
                $0.regions = (0..<64).map { Untrusted("\($0)" + String(repeating: "x", count: 120)) }
                $0.constraints = (0..<64).map { _ in
                    Constraint(
                        fact: Untrusted(String(repeating: "f", count: 128)), minimum: 0, maximum: 1, levelMin: .measured
                    )
                }
            }
            _ = try ground.post(.demand(Signed(demand, by: ground.buyer, in: ground.domain)))
        }
    }

    /// An offer of a stranger's own with many leases that he pays to himself.
    private static func crowd(_ ground: Ground) throws -> Digest {
        let (owner, machine) = (PrivateKey.generate(), PrivateKey.generate())
        let market = SentTexts.plain(owner.address, machine.address, ground.now)
        let grant = Signed(market.grant, by: owner, in: ground.domain)
        _ = try ground.read(PostReceipt.self, ground.post(.grant(grant)))
        var offer = market.offer
        offer.grant = grant.digest(in: ground.domain)
        let signed = Signed(offer, by: machine, in: ground.domain)
        _ = try ground.read(PostReceipt.self, ground.post(.offer(signed)))
        for _ in 0..<200 {
            let demand = ground.demand { ($0.durationSeconds, $0.budget) = (3_600, 1_000_000) }
            _ = try ground.read(
                PostReceipt.self, ground.post(.demand(Signed(demand, by: ground.buyer, in: ground.domain))))
            let terms = LeaseTerms(
                offer: signed.digest(in: ground.domain), demand: demand.digest(in: ground.domain),
                payer: ground.buyer.address, payee: owner.address, machine: machine.address,
                session: ground.buyer.address, resources: demand.resources, rates: offer.rates, startsAt: ground.now,
                endsAt: ground.now + 3_600, deposit: 10, burst: 10, hourlyCap: 10,
                closeWindowSeconds: offer.closeWindowSeconds, receiptSeconds: offer.receiptSeconds,
                creditLimit: offer.creditLimit, graceSeconds: offer.graceSeconds, salt: .random())
            let both = CountersignedTerms(terms, payer: ground.buyer, machine: machine, in: ground.domain)
            if try !ground.post(.leaseOpened(both)).isSuccess { break }
        }
        return signed.digest(in: ground.domain)
    }
}

/// A user of the machine who is not its owner.
enum Stranger {
    /// The user whom Debian calls nobody.
    static let uid: UInt32 = 65_534

    /// Runs something in a thread of that user: what connects there is seen as his by the other side.
    ///
    /// The C library would make the whole process his; the kernel knows users by thread (credentials(7)).
    static func run<Value>(_ body: @escaping () throws -> Value) throws -> Value { try Box(body).run() }

    private final class Box<Value>: @unchecked Sendable {
        private let body: () throws -> Value
        private var result: Result<Value, any Error>?

        init(_ body: @escaping () throws -> Value) { self.body = body }

        func run() throws -> Value {
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread { [self] in
                Stranger.become()
                result = Result { try body() }
                done.signal()
            }
            done.wait()
            guard let result else { preconditionFailure("the thread has run") }
            return try result.get()
        }
    }

    private typealias Call = @convention(c) (Int, UInt32, UInt32, UInt32) -> Int
    #if arch(x86_64)
        private static let setresuid = 117
    #else
        private static let setresuid = 147
    #endif

    private static func become() {
        guard getuid() == 0, let found = unsafe dlsym(nil, "syscall") else { return }
        _ = unsafe unsafeBitCast(found, to: Call.self)(setresuid, uid, uid, uid)
    }
}
