import GCXMarket
import GCXModel
import GCXSigning

/// What a lease would cost, before anybody has signed it.
enum QuoteText {
    static func fields(_ quote: Quote) -> TextFields {
        let (demand, offer) = (quote.demand, quote.offer)
        var fields = TextFields()
        fields.add("machine", "\(offer.machine.checksummed) in “\(offer.region.shown)”, \(offer.isolation) isolation")
        fields.add("leased", "\(ResourceText.line(demand.resources)), for \(Display.span(demand.durationSeconds))")
        fields.add("price", RatesText.line(offer.rates))
        fields.add("an hour", "\(Display.amount(quote.match.hourly)) in full use")
        fields.add("all of it", "\(Display.amount(quote.whole)) in full use")
        fields.add(
            "at most", "\(Display.amount(quote.deposit)), which goes into escrow now; what is not used comes back")
        for line in ConductText.unused(quote.match) { fields.add("unused", line) }
        return fields
    }
}
