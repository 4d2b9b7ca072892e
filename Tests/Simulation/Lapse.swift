/// A rule that a run leaves out, to see that the adversary finds what it is for.
///
/// Each is left out where the simulation calls the rule (Rules.swift): no switch stands in what is sold.
enum Lapse: String, CaseIterable, Sendable, CustomStringConvertible {
    // What the agent looks at before it signs.
    case money = "the money of the terms is not judged"
    case deposit = "a deposit of one unit is enough"
    case credit = "the buyer chooses its credit"
    case proposals = "a payer may have any number of leases signed"
    case balance = "nobody looks at what the payer has"
    case capacity = "the agent does not look at what it has sold"
    case offers = "the agent looks at the leases of one offer only"
    case lapsing = "what is signed and not opened is held for good"

    // What the agent does while a lease runs.
    case start = "a job starts before its lease"
    case pause = "a job is not paused at the credit"
    case grace = "a paused job is not ended"
    case end = "a job goes on when its lease is over"
    case close = "a job goes on when its buyer asked to close"
    case receipts = "a voucher needs no receipt"
    case payable = "a voucher is taken that the ledger does not pay"
    case sure = "only the highest voucher is kept"
    case claims = "vouchers are claimed at the end only"
    case closing = "nothing is claimed when the buyer asks to close"
    case sweep = "what is opened after it lapsed is left open"
    case idle = "a lease without a job is left open"

    // What the ledger asks.
    case escrow = "the deposit stays in the account as well"
    case demand = "a demand binds no lease"
    case machine = "two offers of one machine are two machines"
    case sides = "one pocket may be both sides of a lease"
    case cap = "vouchers have no cap"
    case window = "the buyer closes at once"
    case late = "a claim after the window is paid"
    case reservation = "a lease that nobody uses costs nothing"

    // What the buyer asks of a receipt.
    case inspection = "the buyer vouches for whatever comes"
    case amounts = "the buyer does not calculate"
    case clock = "the buyer looks at no clock"
    case begin = "the buyer does not ask when its lease begins"
    case egress = "the buyer does not know that its job sends nothing"

    var description: String { rawValue }
}
