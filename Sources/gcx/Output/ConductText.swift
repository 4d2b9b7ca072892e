import GCXLedger
import GCXMarket
import GCXModel

/// What an offer says of its seller, in words.
enum ConductText {
    /// What a lease costs and how long it lasts when nobody uses it.
    static func unused(hourly: Amount?, idleSeconds: UInt64) -> String {
        let least = hourly.map { "at least \(Display.amount($0)) an hour while it is open, used or not" }
        let idle = idleSeconds == 0 ? nil : "ended after \(Display.span(idleSeconds)) without a job"
        let words = [least, idle].compactMap(\.self)
        return words.isEmpty ? "costs nothing until its end" : words.joined(separator: "; ")
    }

    /// Of a match whose offer says something of it.
    static func unused(_ match: Match) -> [String] {
        guard match.reservationHour != nil || match.idleSeconds ?? 0 > 0 else { return [] }
        return [unused(hourly: match.reservationHour, idleSeconds: match.idleSeconds ?? 0)]
    }

    /// The lines of `gcx offer show`.
    static func lines(_ offer: Offer) throws -> [(name: String, text: String)] {
        guard let conduct = offer.conduct else { return [] }
        let hourly = try Reservation.hourly(offer.capacity, of: offer)
        let places = conduct.endpoints.map(\.shown).joined(separator: ", ")
        let signs =
            conduct.signSeconds == 0
            ? "until it expires" : "while the machine shows a sign of life every \(Display.span(conduct.signSeconds))"
        return [
            ("unused", "a lease of all of it: \(unused(hourly: hourly, idleSeconds: conduct.idleSeconds))"),
            ("answers", places.isEmpty ? "it does not say where" : places), ("listed", signs),
        ]
    }

    /// For a table: percent of full use, and the limit.
    static func brief(_ offer: Offer) -> String {
        guard let conduct = offer.conduct else { return "free" }
        let idle = conduct.idleSeconds == 0 ? "" : ", \(Display.span(conduct.idleSeconds))"
        return "\(conduct.reservationPercent) %\(idle)"
    }
}
