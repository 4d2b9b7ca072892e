/// The bounds of the buyer's side, in one place.
package enum BuyerLimits {
    /// A log whose job is over, and which brings nothing new for this long, is over too.
    package static let logEndPatience: Duration = .seconds(60)
    /// A buyer waits this long in one call for the next receipt or log line.
    package static let buyerWaitSeconds: UInt64 = 20
    /// First and longest pause between two tries to reach an agent; each pause doubles.
    // bounded: of constants
    package static let buyerBackoff: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5)
    /// An agent that has not answered for this long is given up: longer than an upgrade, shorter than a lease's grace.
    package static let buyerPatience: Duration = .seconds(300)
    /// Shortest time between two calls of a loop that got nothing new, so that a server that does not wait is not
    /// asked in a spin.
    package static let emptyPagePause: Duration = .milliseconds(100)
    /// Bytes of a buyer's journal file: one receipt and one voucher.
    package static let journalBytesMax = 1 << 20
    /// Bytes of a kept session key: 64 digits and a newline.
    package static let sessionKeyBytesMax = 65
    /// Bytes of what is remembered of one job: three paths and a place.
    package static let keptJobBytesMax = 1 << 15
    /// Jobs that are remembered: the tables of a month, and read in a moment when one is named.
    package static let keptJobsMax = 64
}
