import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import HTTPTypes
import Hummingbird
import NIOCore

/// What a ledger answers over HTTP: one route for each call of `Ledger` and `TransparentLedger`.
///
/// Nobody logs in: reading is free to whoever may connect, and what is written carries its own signatures.
struct LedgerRoutes: Sendable {
    let ledger: any Ledger
    let quota: PostQuota

    func add(to router: APIRouter) {
        addBook(to: router)
        addLists(to: router)
        addJournal(to: router)
        router.answer(SharedCalls.health) { [ledger] _, _ in
            _ = try await ledger.identity()
            return try Response.json(HealthAnswer())
        }
    }

    private func addBook(to router: APIRouter) {
        let ledger = ledger
        router.answer(LedgerCalls.identity) { _, _ in try Response.json(try await ledger.identity()) }
        router.answer(LedgerCalls.post) { request, _ in
            let (entry, bytes) = try await request.body(of: LedgerCalls.post, as: Entry.self)
            return try Response.json(try await post(entry, bytes))
        }
        router.answer(LedgerCalls.sign) { request, _ in
            let (sign, bytes) = try await request.body(of: LedgerCalls.sign, as: Signed<SignOfLife>.self)
            // A sign is never given back: taken or not, it cost the recovery of a key.
            _ = try await quota.draw(bytes, for: Visit.current) { await sign.standingAccount(on: ledger) }
            try await ledger.see(sign)
            return try Response.json(HealthAnswer())
        }
        router.answer(LedgerCalls.account) { _, context in
            try Response.json(try await ledger.account(context.address))
        }
        router.answer(LedgerCalls.grant) { _, context in try Response.json(try await ledger.grant(context.digest)) }
        router.answer(LedgerCalls.attestation) { _, context in
            try Response.json(try await ledger.attestation(context.digest))
        }
        router.answer(LedgerCalls.offer) { _, context in try Response.json(try await ledger.offer(context.digest)) }
        router.answer(LedgerCalls.free) { request, context in
            let from = try request.required("from", as: UInt64.self)
            let until = try request.required("until", as: UInt64.self)
            guard from < until else { throw RequestError.malformed("until is not after from") }
            return try Response.json(try await ledger.freeCapacity(of: context.digest, from: from, until: until))
        }
        router.answer(LedgerCalls.demand) { _, context in try Response.json(try await ledger.demand(context.digest)) }
        router.answer(LedgerCalls.lease) { _, context in try Response.json(try await ledger.lease(context.digest)) }
    }

    private func post(_ entry: Entry, _ bytes: Int) async throws -> PostReceipt {
        let account = try await quota.draw(bytes, for: Visit.current) { await entry.standingAccount(on: ledger) }
        do {
            let receipt = try await ledger.post(entry)
            if receipt.duplicate { quota.giveBack(bytes, to: account) }
            return receipt
        } catch {
            quota.giveBack(bytes, to: account)
            throw error
        }
    }

    private func addLists(to router: APIRouter) {
        let ledger = ledger
        router.answer(LedgerCalls.offers) { request, _ in
            let liveOnly = try request.query("live", as: Bool.self) ?? false
            return try Response.list(try await ledger.offers(liveOnly: liveOnly, from: request.from))
        }
        router.answer(LedgerCalls.demands) { request, _ in
            let liveOnly = try request.query("live", as: Bool.self) ?? false
            return try Response.list(try await ledger.demands(liveOnly: liveOnly, from: request.from))
        }
        router.answer(LedgerCalls.grants) { request, context in
            try Response.list(try await ledger.grants(of: context.address, from: request.from))
        }
        router.answer(LedgerCalls.leases) { request, context in
            try Response.list(try await ledger.leases(of: context.address, from: request.from))
        }
        router.answer(LedgerCalls.ratings) { request, context in
            try Response.list(try await ledger.ratings(of: context.address, from: request.from))
        }
    }

    private func addJournal(to router: APIRouter) {
        router.answer(LedgerCalls.entries) { request, _ in
            let limit = try request.query("limit", as: Int.self) ?? LedgerLimits.pageEntriesMax
            let page = try await transparent().page(from: request.from, limit: limit)
            var headers: HTTPFields = [.contentType: "application/json"]
            // bounded: a dictionary
            headers[ListWire.next] = page.next.map { "\($0)" }
            return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: page.json)))
        }
        router.answer(LedgerCalls.entry) { _, context in
            try Response.json(try await transparent().entry(at: try context.path("index") { UInt64(digits: $0) }))
        }
        router.answer(LedgerCalls.head) { _, _ in try Response.json(try await transparent().head()) }
        router.answer(LedgerCalls.inclusion) { request, _ in
            let index = try request.required("index", as: UInt64.self)
            let size = try request.required("treeSize", as: UInt64.self)
            return try Response.json(try await transparent().inclusion(index: index, treeSize: size))
        }
        router.answer(LedgerCalls.consistency) { request, _ in
            let from = try request.required("from", as: UInt64.self)
            let to = try request.required("to", as: UInt64.self)
            return try Response.json(try await transparent().consistency(from: from, to: to))
        }
    }

    private func transparent() throws -> any TransparentLedger {
        guard let ledger = ledger as? any TransparentLedger else { throw RequestError.notTransparent }
        return ledger
    }
}

extension BasicRequestContext {
    fileprivate var address: Address {
        get throws { try path("address") { Address($0) } }
    }

    fileprivate var digest: Digest {
        get throws { try path("digest") { Digest($0) } }
    }
}
