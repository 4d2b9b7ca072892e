/// Rules that a run leaves out, to see that the adversary finds what they are for.
struct Lapses: OptionSet, Sendable, CustomStringConvertible {
    let rawValue: Int

    /// The job is not paused at the credit.
    static let credit = Lapses(rawValue: 1 << 0)
    /// A paused job is not ended after the grace.
    static let grace = Lapses(rawValue: 1 << 1)
    /// The ledger does not hold a demand to what it says, nor a machine to its capacity.
    static let ledger = Lapses(rawValue: 1 << 2)
    /// The agent does not look at what it has sold.
    static let capacity = Lapses(rawValue: 1 << 3)
    /// The job goes on when its lease is over.
    static let end = Lapses(rawValue: 1 << 4)
    /// A voucher that no receipt stands behind is taken.
    static let receipts = Lapses(rawValue: 1 << 5)

    static let names: [(Lapses, String)] = [
        (.credit, "credit"), (.grace, "grace"), (.ledger, "ledger"), (.capacity, "capacity"), (.end, "end"),
        (.receipts, "receipts"),
    ]

    var description: String {
        let found = Self.names.filter { contains($0.0) }.map(\.1)
        return found.isEmpty ? "no rule left out" : found.joined(separator: ", ")
    }
}
