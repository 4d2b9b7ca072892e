/// The bounds of paying a relay.
package enum TollLimits {
    /// What passes before the first voucher, and beyond the last one: one relay and one machine risk so much with each other. A minute
    /// of a line of 150 Mbit/s.
    package static let creditGiB: UInt64 = 1
    /// What a deposit pays for; it is raised when half of it is spent.
    static let depositGiB: UInt64 = 64
    /// How long a lease of a relay lasts, seconds: a month. The shortest is a day, so that nobody fills a ledger.
    static let leaseSeconds: ClosedRange<UInt64> = 86_400...2_592_000
    /// An offer stands for so long, seconds, and a new one takes its place when half of that is over.
    static let offerSeconds: UInt64 = 604_800
    /// A receipt is written when this part of the credit passed since the last one, or after so many seconds.
    static let receiptsPerCredit: UInt64 = 16
    static let receiptSeconds: UInt64 = 60
    static let closeWindowSeconds: UInt64 = 86_400
    /// How often the ledger is asked whether a lease still stands, seconds: a machine that asks to close it is noticed long before the
    /// close window is over.
    static let standingSeconds: UInt64 = closeWindowSeconds / 24  // bounded: a constant
    /// How long the ledger's clock is taken to go on by ours, seconds.
    package static let clockSeconds: UInt64 = 60
    /// Vouchers are claimed when so much of the deposit is unclaimed, a quarter, and at the end.
    static let claimsPerDeposit: UInt64 = 4
    /// How often accounts are looked at.
    package static let look: Duration = .seconds(1)
    /// How long a relay that stops waits for the last vouchers: an answer takes a second on a bad line, and a service has twenty to end.
    package static let lastWait: Duration = .seconds(5)
    /// How long it claims what is vouched for then, before it begins no other claim: what is left of those twenty seconds.
    static let lastClaims: Duration = .seconds(10)
    /// How often it looks for the last vouchers.
    static let lastLook: Duration = .milliseconds(50)
    /// A machine that has not been here for so many seconds is settled and its deposit given back: two days.
    static let absentSeconds: UInt64 = 172_800
    /// How long a connection waits that may carry nothing because nobody pays, before it is asked again.
    static let pausedNanoseconds: Int64 = 200_000_000
    /// Bytes of an account's file.
    static let fileBytesMax = 64 << 10
}
