package import GCXModel

/// The bounds of this module.
package enum MarketLimits {
    /// What one counterpart has to pay, in base units, before its word counts in full: 25 core hours at
    /// the price that the example configuration asks.
    package static let wordBaseUnits: Amount = 1_000_000_000
    /// How long it has to use what it paid for, seconds: a day. Money can be had at once, time cannot.
    package static let wordSeconds: UInt64 = 86_400
    /// A word counts half after this many seconds (180 days): machines change hands, and so does their care.
    package static let halfLifeSeconds: UInt64 = 15_552_000
    /// After so many half-lives a word has left nothing.
    package static let halfLivesMax: UInt64 = 40
    /// A newcomer counts as having this many full words ...
    package static let priorWords: UInt64 = 5
    /// ... of three stars, so that one good word is not yet a name.
    package static let priorMilliStars: UInt64 = 3_000
    /// Receipts that a deposit covers, where the whole lease is not cheaper.
    package static let depositReceiptsMin: UInt64 = 3
    /// Receipts that a lease's credit is worth, unless the parties say otherwise.
    package static let creditReceipts: UInt64 = 3
    /// Accounts whose payments are read to see whether money came back. What goes beyond them counts as come back.
    package static let accountsFollowedMax = 64
    /// Paths along which money is looked for. What is left then counts as come back too.
    package static let pathsMax = 256
}
