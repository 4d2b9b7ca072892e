package import GCXModel

// dictionaries: grants, grantsOfOwner, offers, demands, leases, leasesOfParty, ratingsOfRatee

// Lists a page at a time. A place in a list is a number from 0; a list only grows at its end.
extension LedgerState {
    package func grants(of owner: Address, from: UInt64) -> Page<GrantRecord> {
        page(grantsOfOwner[owner] ?? [], from) {
            grants[$0]
        } bytes: {
            bytes(of: $0.index)
        }
    }

    /// - Parameter isAlive: what else an offer needs to be listed: signs of its machine.
    package func offers(
        liveAt time: UInt64?, from: UInt64, where isAlive: (OfferRecord) -> Bool = { _ in true }
    ) -> Page<OfferRecord> {
        page(offersInOrder, from) { digest in
            offers[digest].flatMap { isListed($0, at: time) && isAlive($0) ? $0 : nil }
        } bytes: {
            bytes(of: $0.index)
        }
    }

    package func demands(liveAt time: UInt64?, from: UInt64) -> Page<DemandRecord> {
        page(demandsInOrder, from) { digest in
            demands[digest].flatMap { isListed($0, at: time) ? $0 : nil }
        } bytes: {
            bytes(of: $0.index)
        }
    }

    package func leases(of party: Address, from: UInt64) -> Page<LeaseRecord> {
        page(leasesOfParty[party] ?? [], from) {
            leases[$0]
        } bytes: { _ in
            LedgerLimits.leaseBytes
        }
    }

    package func ratings(of ratee: Address, from: UInt64) -> Page<RatingRecord> {
        page(ratingsOfRatee[ratee] ?? [], from) {
            $0
        } bytes: { _ in
            LedgerLimits.ratingBytes
        }
    }

    /// Bytes of an entry as JSON, and of what the ledger says beside it.
    private func bytes(of index: UInt64) -> Int {
        guard let index = Int(exactly: index), entryBytes.indices.contains(index) else { return 0 }
        // bounded: the index was looked at, and 32 bits and a constant fit
        return Int(entryBytes[index]) + LedgerLimits.recordFrameBytes
    }

    /// Looks at no more than `LedgerLimits.pageLookedAtMax` of a list and keeps those that `item` gives, until a page is
    /// full; there is always room for one.
    private func page<Element, Item>(
        _ list: [Element], _ from: UInt64, _ item: (Element) -> Item?, bytes: (Item) -> Int
    ) -> Page<Item> {
        var (items, room) = ([Item](), LedgerLimits.pageBytesMax)
        guard let start = Int(exactly: from), start < list.count else { return Page(items: [], next: nil) }
        // bounded here: places from the start to the end of the list, and no more room is taken than there is
        let end = min(list.count, start.addingReportingOverflow(LedgerLimits.pageLookedAtMax).partialValue)
        for place in start..<end {
            guard let found = item(list[place]) else { continue }
            let size = bytes(found)
            guard items.isEmpty || (size <= room && items.count < LedgerLimits.pageEntriesMax) else {
                return Page(items: items, next: UInt64(place))
            }
            room -= min(size, room)
            items.append(found)
        }
        return Page(items: items, next: end < list.count ? UInt64(end) : nil)
    }
}
