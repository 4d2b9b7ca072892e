package import GCXLedger
package import GCXModel
import GCXWire
import HTTPTypes
import NIOHTTP1

extension HTTPLedger {
    package func account(_ address: Address) async throws(LedgerError) -> Account {
        try await get("/v1/accounts/\(address)")
    }

    package func grant(_ digest: Digest) async throws(LedgerError) -> GrantRecord {
        try await get("/v1/grants/\(digest)")
    }

    package func grants(of owner: Address) async throws(LedgerError) -> [GrantRecord] {
        try await list("/v1/parties/\(owner)/grants")
    }

    package func grants(of owner: Address, from: UInt64) async throws(LedgerError) -> Page<GrantRecord> {
        try await page("/v1/parties/\(owner)/grants", from: from)
    }

    package func attestation(_ digest: Digest) async throws(LedgerError) -> AttestationEntry {
        try await get("/v1/attestations/\(digest)")
    }

    package func offer(_ digest: Digest) async throws(LedgerError) -> OfferRecord {
        try await get("/v1/offers/\(digest)")
    }

    package func offers(liveOnly: Bool) async throws(LedgerError) -> [OfferRecord] {
        try await list("/v1/offers?live=\(liveOnly)")
    }

    package func offers(liveOnly: Bool, from: UInt64) async throws(LedgerError) -> Page<OfferRecord> {
        try await page("/v1/offers?live=\(liveOnly)", from: from)
    }

    package func freeCapacity(of offer: Digest, from: UInt64, until: UInt64) async throws(LedgerError) -> Resources {
        try await get("/v1/offers/\(offer)/free?from=\(from)&until=\(until)")
    }

    package func demand(_ digest: Digest) async throws(LedgerError) -> DemandRecord {
        try await get("/v1/demands/\(digest)")
    }

    package func demands(liveOnly: Bool) async throws(LedgerError) -> [DemandRecord] {
        try await list("/v1/demands?live=\(liveOnly)")
    }

    package func demands(liveOnly: Bool, from: UInt64) async throws(LedgerError) -> Page<DemandRecord> {
        try await page("/v1/demands?live=\(liveOnly)", from: from)
    }

    package func lease(_ id: LeaseID) async throws(LedgerError) -> LeaseRecord {
        try await get("/v1/leases/\(id)")
    }

    package func leases(of party: Address) async throws(LedgerError) -> [LeaseRecord] {
        try await list("/v1/parties/\(party)/leases")
    }

    package func leases(of party: Address, from: UInt64) async throws(LedgerError) -> Page<LeaseRecord> {
        try await page("/v1/parties/\(party)/leases", from: from)
    }

    package func ratings(of ratee: Address) async throws(LedgerError) -> [RatingRecord] {
        try await list("/v1/parties/\(ratee)/ratings")
    }

    package func ratings(of ratee: Address, from: UInt64) async throws(LedgerError) -> Page<RatingRecord> {
        try await page("/v1/parties/\(ratee)/ratings", from: from)
    }

    package func entry(at index: UInt64) async throws(LedgerError) -> PostedEntry {
        try await get("/v1/entries/\(index)")
    }

    /// Asks until it has so many or the journal ends, for a page is bounded in bytes too.
    package func entries(from index: UInt64, limit: Int) async throws(LedgerError) -> [PostedEntry] {
        let wanted = min(limit, LedgerLimits.pageEntriesMax)
        var (entries, place) = ([PostedEntry](), Optional(index))
        while let from = place, entries.count < wanted {
            // bounded here: fewer entries than wanted, the loop asks; joins lists
            let answer = try await answer(pageCall("/v1/entries?from=\(from)&limit=\(wanted - entries.count)"))
            let page = try read(answer) as [PostedEntry]
            entries += page
            place = try next(answer, after: from)
            guard !page.isEmpty || place == nil else { throw unreadable("its journal has pages without entries") }
        }
        return entries
    }

    package func page(from index: UInt64, limit: Int) async throws(LedgerError) -> JournalPage {
        let answer = try await answer(pageCall("/v1/entries?from=\(index)&limit=\(limit)"))
        _ = try read(answer) as [PostedEntry]
        return JournalPage(json: answer.body, next: try next(answer, after: index))
    }

    package func head() async throws(LedgerError) -> SignedTreeHead {
        try await get("/v1/head")
    }

    package func inclusion(index: UInt64, treeSize: UInt64) async throws(LedgerError) -> InclusionProof {
        try await get("/v1/proofs/inclusion?index=\(index)&treeSize=\(treeSize)")
    }

    package func consistency(from: UInt64, to: UInt64) async throws(LedgerError) -> ConsistencyProof {
        try await get("/v1/proofs/consistency?from=\(from)&to=\(to)")
    }

    /// All pages of a list.
    private func list<Item: Decodable & Sendable>(_ path: String) async throws(LedgerError) -> [Item] {
        var (items, place, empty) = ([Item](), Optional(UInt64(0)), 0)
        while let from = place {
            let page: Page<Item> = try await page(path, from: from)
            // bounded here: joins lists, and counts pages
            items += page.items
            empty = page.items.isEmpty ? empty + 1 : 0
            guard items.count <= ClientLimits.listItemsMax, empty <= ClientLimits.emptyPagesMax else {
                throw unreadable("its list has no end")
            }
            place = page.next
        }
        return items
    }

    private func page<Item: Decodable & Sendable>(
        _ path: String, from: UInt64
    ) async throws(LedgerError) -> Page<Item> {
        let answer = try await answer(pageCall("\(path)\(path.contains("?") ? "&" : "?")from=\(from)"))
        return Page(items: try read(answer), next: try next(answer, after: from))
    }

    private func pageCall(_ path: String) -> HTTPCall {
        .get(path, answerBytesMax: ClientLimits.listAnswerBytesMax)
    }

    /// Where a list goes on: further on, or not at all.
    func next(_ answer: HTTPAnswer, after from: UInt64) throws(LedgerError) -> UInt64? {
        guard let text = answer.headers.first(name: ListWire.next.canonicalName) else { return nil }
        guard let next = UInt64(digits: text), next > from else { throw unreadable("its list does not go on") }
        return next
    }
}
