/// How a seller behaves beside what is for sale: where its agent answers, when it counts as gone, and what a lease costs that
/// nobody uses. Offers of a time before it have none.
package struct OfferConduct: Codable, Equatable, Hashable, Sendable {
    /// Where the machine's agent answers, as `gcx --agent` takes it: `unix:/path`, `http://127.0.0.1:8080`. A stranger's word.
    package var endpoints: [Untrusted]
    /// Without a ``SignOfLife`` for so many seconds the offer is not listed; 0 lists it until it expires.
    package var signSeconds: UInt64
    /// The machine may end a lease that has been open without a job for so many seconds; 0 waits until it ends.
    package var idleSeconds: UInt64
    /// What an hour of an open lease costs at least, in hundredths of what the leased resources cost in full use: 0 ... 100.
    package var reservationPercent: UInt32

    package init(endpoints: [Untrusted], signSeconds: UInt64, idleSeconds: UInt64, reservationPercent: UInt32) {
        self.endpoints = endpoints
        self.signSeconds = signSeconds
        self.idleSeconds = idleSeconds
        self.reservationPercent = reservationPercent
    }

    /// Of an offer that says nothing of it.
    package static let none = OfferConduct(endpoints: [], signSeconds: 0, idleSeconds: 0, reservationPercent: 0)
}
