import GCXLedger
import GCXModel
import GCXSigning
import Support
import Testing

@Suite("what a document must look like")
struct DocumentFormTests {
    private func market() throws -> (StateBook, LedgerBench.Market) {
        var book = StateBook(try TestWorld())
        let market = try book.openMarket()
        return (book, market)
    }

    @Test("each field at its bound is taken, and one beyond it is refused by name", arguments: DocumentRow.all)
    func rows(_ row: DocumentRow) throws {
        let (book, market) = try market()
        let entry = row.entry(book, market)
        #expect(book.refusal(of: entry) == row.error)
        var after = book
        let isTaken = (try? after.post(entry)) != nil
        #expect(isTaken == (row.error == nil))
        #expect(isTaken || after.state == book.state, "a refused document left a trace")
    }

    /// Every dated document, dated so many seconds from now.
    private static let dated: [(EntryKind, @Sendable (StateBook, LedgerBench.Market, UInt64) -> Entry)] = [
        (.grant, { book, _, date in .grant(book.world.grant { $0.issuedAt = date }) }),
        (.attestation, { book, _, date in .attestation(book.world.attestation { $0.measuredAt = date }) }),
        (.offer, { book, market, date in .offer(book.world.offer(grant: market.grant) { $0.issuedAt = date }) }),
        (.demand, { book, _, date in .demand(book.world.demand { $0.issuedAt = date }) }),
        (
            .withdrawal,
            { book, market, date in
                let withdrawal = Withdrawal(subject: market.offer, reason: "", issuedAt: date)
                return .withdrawal(book.world.sign(withdrawal, by: book.world.owner))
            }
        ),
        (
            .closeRequest,
            { book, _, date in
                let lease = book.state.leases(of: book.world.buyer.address).first?.id ?? .zero
                let request = CloseRequest(channel: lease, requester: book.world.buyer.address, requestedAt: date)
                return .closeRequest(book.world.sign(request, by: book.world.buyer))
            }
        ),
    ]

    @Test("a document is dated five minutes ahead at the most, and any time ago")
    func dates() throws {
        var (book, market) = try market()
        _ = try book.openLease(market)
        let now = book.world.clock.now
        for (kind, entry) in Self.dated {
            for date in [0, now - 1_000_000, now, now + 300] {
                #expect(book.refusal(of: entry(book, market, date)) == nil, "\(kind) of \(date)")
            }
            for date in [now + 301, .max] {
                #expect(
                    book.refusal(of: entry(book, market, date))
                        == .datedAhead(kind, date: date, ledgerTime: now), "\(kind) of \(date)")
            }
        }
    }

    @Test("a rating is dated like the rest, and has 1 to 5 stars and a comment of 1,000 bytes at most")
    func ratings() throws {
        let scene = try LeaseScene(.closed)
        let now = scene.world.clock.now
        func refusal(_ edit: (inout Rating) -> Void) -> LedgerError? {
            scene.book.refusal(of: .rating(scene.world.rating(scene.id, edit)))
        }
        for stars in UInt8(1)...5 { #expect(refusal { $0.stars = stars } == nil) }
        for stars in [UInt8(0), 6, .max] {
            let reason = Untrusted("is \(stars), not 1 ... 5")
            #expect(refusal { $0.stars = stars } == .malformed(.rating, field: "stars", reason: reason))
        }
        #expect(refusal { $0.comment = Untrusted(String(repeating: "x", count: 1_000)) } == nil)
        #expect(
            refusal { $0.comment = Untrusted(String(repeating: "x", count: 1_001)) }
                == .documentTooLarge(.rating, field: "comment", max: 1_000))
        #expect(refusal { $0.ratedAt = now + 300 } == nil)
        #expect(refusal { $0.ratedAt = now + 301 } == .datedAhead(.rating, date: now + 301, ledgerTime: now))
    }
}
