import GCXMarket
import GCXModel
import GCXSigning

/// What a lease would cost, before anybody has signed it.
enum QuoteText {
    static func fields(_ quote: Quote) -> TextFields {
        let (demand, offer) = (quote.demand, quote.offer)
        var fields = TextFields()
        // An owner need not say where the machine is.
        let region = offer.region.isEmpty ? "" : " in “\(offer.region.shown)”"
        fields.add("machine", "\(offer.machine.checksummed)\(region), \(offer.isolation) isolation")
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
