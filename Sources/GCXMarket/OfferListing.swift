package import GCXModel

/// An offer as the market sees it at one moment.
package struct OfferListing: Codable, Equatable, Sendable {
    package var digest: Digest
    package var offer: Offer
    /// What no lease holds in the time wanted.
    package var free: Resources

    package init(digest: Digest, offer: Offer, free: Resources) {
        self.digest = digest
        self.offer = offer
        self.free = free
    }
}

/// One reason why an offer does not serve a demand.
package enum Mismatch: Codable, Equatable, Sendable, CustomStringConvertible {
    case resource(String, wanted: UInt64, free: UInt64)
    case factMissing(Untrusted)
    case factBelow(Untrusted, wanted: UInt64, found: UInt64, unit: Untrusted)
    case factAbove(Untrusted, wanted: UInt64, found: UInt64, unit: Untrusted)
    case trust(Untrusted, wanted: TrustLevel, found: TrustLevel)
    case price(hourlyMax: Amount, asked: Amount)
    case budget(budget: Amount, asked: Amount)
    case priceUnknown(String)
    case duration(wanted: UInt64, shortest: UInt64, longest: UInt64)
    case window(from: UInt64, until: UInt64)
    case expired(at: UInt64)
    case region(wanted: [Untrusted], found: Untrusted)
    case isolation(wanted: IsolationLevel, found: IsolationLevel)
    case ownerRefused(Address)
    case buyerRefused(Address)
    /// The buyer is the offer's own owner or machine.
    case withOneself(Address)

    /// Whether it is about what is free, and not about the machine or the terms.
    package var isOfResources: Bool { if case .resource = self { true } else { false } }

    package var description: String {
        switch self {
        case .resource(let name, let wanted, let free):
            "needs \(ResourcePart.text(wanted, of: name)), has \(NumberText.count(free)) free"
        case .factMissing(let name): "needs the fact \(name.shown), does not state it"
        case .factBelow(let name, let wanted, let found, let unit):
            "needs \(name.shown) of at least \(wanted) \(unit.shown), has \(found)"
        case .factAbove(let name, let wanted, let found, let unit):
            "needs \(name.shown) of at most \(wanted) \(unit.shown), has \(found)"
        case .trust(let name, let wanted, let found): "needs \(name.shown) at \(wanted), has it at \(found)"
        case .price(let most, let asked):
            "may cost \(NumberText.amount(most)) an hour, costs up to \(NumberText.amount(asked))"
        case .budget(let budget, let asked):
            "may cost \(NumberText.amount(budget)) in all, costs up to \(NumberText.amount(asked))"
        case .priceUnknown(let why): "cannot be priced: \(why)"
        case .duration(let wanted, let shortest, let longest):
            "needs \(NumberText.span(seconds: wanted)), leases run for \(NumberText.span(seconds: shortest)) to "
                + NumberText.span(seconds: longest)
        case .window(let from, let until):
            "cannot run in the time wanted; it is available from \(RFC3339.moment(from)) until \(RFC3339.moment(until))"
        case .expired(let at): "expired at \(RFC3339.moment(at))"
        case .region(let wanted, let found):
            "must stand in \(wanted.map(\.shown).joined(separator: " or ")), stands in “\(found.shown)”"
        case .isolation(let wanted, let found): "needs isolation \(wanted), has \(found)"
        case .ownerRefused(let owner): "the buyer's lists leave out the owner \(owner)"
        case .buyerRefused(let buyer): "the offer's lists leave out the buyer \(buyer)"
        case .withOneself(let buyer): "is the buyer's own, and \(buyer) cannot lease from oneself"
        }
    }
}
