import Foundation
import GCXLedger
import GCXMarket
import GCXModel
import GCXSigning
import Support

@testable import GCXWire

/// The documents of a market that works, for seeds and for the state that they are judged in.
struct Scene: Sendable {
    let world: TestWorld
    /// Each is posted into the state of those before it.
    let entries: [Entry]

    static let made = Result { try Scene() }

    private init() throws {
        world = try TestWorld()
        let grant = world.grant()
        let offer = world.offer(grant: grant.digest(in: world.domain))
        let demand = world.demand()
        let lease = world.countersign(
            world.terms(offer: offer.digest(in: world.domain), demand: demand.digest(in: world.domain)))
        let id = lease.lease(in: world.domain)
        entries = [
            .grant(grant), .attestation(world.attestation()), .offer(offer), .demand(demand),
            .faucet(world.faucet(world.buyer.address, 50_000)), .leaseOpened(lease),
            .topUp(world.topUp(id, to: 11_000)),
            .claim(world.voucher(id, 300)), .closeRequest(world.closeRequest(id, by: world.owner)),
            .rating(world.rating(id)), .finalize(id),
            .withdrawal(world.withdrawal(offer.digest(in: world.domain), by: world.machine)),
            .clock(world.clockOrder(at: 12)), .creditIssued(world.creditIssue(world.buyer.address, 5)),
            .creditRedeemed(world.creditRedemption(5)),
        ]
    }

    static var seeds: [[UInt8]] {
        guard let scene = try? made.get() else { return [] }
        return scene.entries.compactMap { try? PostedEntry.canonicalJSON($0) }
    }

    /// That the machine of the scene's offer is there.
    var sign: SignOfLife? {
        for case .offer(let offer) in entries {
            return SignOfLife(
                machine: world.machine.address, offer: offer.digest(in: world.domain), at: world.clock.now,
                isLeaving: false)
        }
        return nil
    }

    /// Behind the number that each has among the documents of the entry `json`.
    static var signSeeds: [[UInt8]] {
        guard let scene = try? made.get(), let sign = scene.sign else { return [] }
        return [
            [22] + ((try? WireJSON.encode(scene.world.sign(sign, by: scene.world.machine))) ?? []),
            [24] + Array(#""offer:\#(sign.offer)""#.utf8),
        ]
    }
}

extension FuzzEntry {
    /// What the first byte chooses to read the rest as.
    private static let documents: [@Sendable ([UInt8]) -> Void] = [
        { same(Entry.self, $0) }, { same(CountersignedTerms.self, $0) }, { same(Signed<Voucher>.self, $0) },
        { same(Signed<ApiSession>.self, $0) }, { same(Signed<Receipt>.self, $0) }, { same(Signed<TopUp>.self, $0) },
        { same(Signed<CloseRequest>.self, $0) }, { same(Signed<FaucetGrant>.self, $0) }, { same(LedgerError.self, $0) },
        { same(Signed<EndpointBinding>.self, $0) },
        { same(PostedEntry.self, $0) }, { same([RatingRecord].self, $0) }, { same([LeaseRecord].self, $0) },
        { same(SignedTreeHead.self, $0) }, { same(InclusionProof.self, $0) }, { same(ConsistencyProof.self, $0) },
        { same(Signed<ChallengeTranscript>.self, $0) }, { same(LeaseProposal.self, $0) }, { same(JobRequest.self, $0) },
        RouteDocuments.proposal, RouteDocuments.job, RouteDocuments.session, RouteDocuments.token,
        { same(Signed<SignOfLife>.self, $0) }, { same(CountersignedRedemption.self, $0) }, { same(EntryKey.self, $0) },
        { same(Signed<SessionRevocation>.self, $0) },
    ]

    /// Reads a document; what was read has to be read the same again from what is written.
    private static func same<Document: Codable & Equatable>(_ type: Document.Type, _ bytes: [UInt8]) {
        guard let document = try? StrictJSON.decode(type, from: bytes) else { return }
        guard let written = try? JSONEncoder().encode(document) else { return }
        let again = try? StrictJSON.decode(type, from: written)
        precondition(again == document, "a \(type) that was read and written is another when it is read again")
    }

    /// Strict JSON and the documents that the routes of ledger and agent take, and what their answers hold.
    static let json = FuzzEntry(name: "json") { bytes in
        guard let first = bytes.first else { return }
        documents[Int(first) % documents.count](Array(bytes.dropFirst()))
    } seeds: {
        let entries = Scene.seeds.map { [0] + $0 }
        // The body of an entry is a signed document.
        let bodies = Scene.seeds.compactMap { entry -> [UInt8]? in
            guard let text = String(validating: entry, as: UTF8.self), let start = text.range(of: #""body":"#) else {
                return nil
            }
            return Array(text[start.upperBound...].dropLast(text.hasSuffix("}") ? 1 : 0).utf8)
        }
        // Some of them as every kind of document.
        let asAll = bodies.enumerated().flatMap { number, body in
            documents.indices.filter { $0 % 4 == number % 4 && $0 > 0 }.map { [UInt8($0)] + body }
        }
        return entries + asAll + RouteDocuments.seeds + Scene.signSeeds
    }

    /// The rules of the ledger on an entry that nobody signed for: arithmetic on all that stands in documents.
    static let ledger = FuzzEntry(name: "ledger") { bytes in
        guard let scene = try? Scene.made.get() else { return }
        var state = LedgerState(scene.world.charter)
        var time = scene.world.clock.now
        func take(_ entry: Entry) {
            let posting = state.posting(at: time, checksSignatures: false)
            guard let change = try? state.check(entry, in: posting),
                let posted = try? PostedEntry(
                    index: posting.index, postedAt: posting.time, previous: state.chain, entry: entry)
            else { return }
            state.commit(change, of: posted)
        }
        // Which of the scene stands before, then entries, one a line.
        let count = Int(bytes.first ?? 0) % (scene.entries.count + 1)
        for entry in scene.entries.prefix(count) { take(entry) }
        // A journal that is verified may name any time.
        if bytes.first ?? 0 >= 208 { time = .max - 5 }
        var signs = SignBook(since: time)
        for line in bytes.dropFirst().split(separator: UInt8(ascii: "\n")).prefix(8) {
            if let entry = try? StrictJSON.decode(Entry.self, from: line) {
                take(entry)
                time = time &+ UInt64(line.first ?? 0)
            } else if let sign = try? StrictJSON.decode(SignOfLife.self, from: line) {
                try? signs.take(sign, by: sign.machine, of: state, at: time)
                precondition(signs.count <= state.offers(liveAt: nil).count, "signs are kept of what is no offer")
            }
        }
        for offer in state.offers(liveAt: nil) { _ = signs.isAlive(offer, at: time) }
        precondition(state.conservation().isKept, "money came from nowhere, or went there")
        market(state, at: time)
    } seeds: {
        let sign = (try? Scene.made.get().sign).flatMap { try? WireJSON.encode($0) } ?? []
        let together = [[4] + Scene.seeds.joined(separator: [10]), [4] + sign + [10] + sign]
        return Scene.seeds.enumerated().map { [UInt8($0)] + $1 } + together
    }

    /// The buyer's side of the same: matching, and terms of a lease.
    private static func market(_ state: LedgerState, at time: UInt64) {
        let listings = state.offers(liveAt: nil).map {
            OfferListing(digest: $0.digest, offer: $0.document, free: $0.document.capacity)
        }
        for demand in state.demands(liveAt: nil) {
            _ = Matching.match(demand.document, offers: listings, now: time)
            for listing in listings {
                _ = try? LeaseTerms(
                    demand: demand.document, demandDigest: demand.digest, offer: listing.offer,
                    offerDigest: listing.digest,
                    choice: LeaseChoice(
                        startsAt: Matching.start(of: demand.document, on: listing.offer, now: time),
                        session: demand.document.buyer, salt: .zero))
            }
        }
    }
}
