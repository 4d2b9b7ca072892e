import ArgumentParser
import GCXLedger
import GCXLinux
import GCXMarket
import GCXModel
import GCXSigning

/// `gcx rating`: one word each, after the money is settled.
struct RatingNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rating", abstract: "Rate the other side of a settled lease, or see what an address is worth.",
        subcommands: [RatingGive.self, RatingShow.self])
}

/// `gcx rating give`.
struct RatingGive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "give", abstract: "Rate the other side, once, with the payer's or the owner's key.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "Id of the settled lease, or its beginning.")
    var lease: LeaseName

    @Option(help: "Stars: 1 (worst) to 5 (best).")
    var stars: UInt8

    @Option(help: "Your reasons, in words; everybody can read them.")
    var comment = ""

    func validate() throws {
        guard (1...5).contains(stars) else { throw ValidationError("--stars takes 1 to 5, not \(stars)") }
    }

    func run() async throws {
        let client = try ledger.open()
        let lease = try await lease.id(on: client)
        try await Self.give(stars, comment, lease: lease, by: try key.unlock(), ledger: client)
        Terminal.say("rated")
    }

    /// Signs and posts a rating of the other side.
    static func give(
        _ stars: UInt8, _ comment: String, lease: LeaseID, by rater: some KeyCustody, ledger: any Ledger
    ) async throws {
        let domain = try await ledger.identity().domain
        let terms = try await ledger.lease(lease).terms
        let ratee = rater.address == terms.payer ? terms.payee : terms.payer
        let rating = Rating(
            lease: lease, rater: rater.address, ratee: ratee, stars: stars, comment: Untrusted(comment),
            ratedAt: WallClock.seconds())
        try await ledger.post(.rating(Signed(rating, by: rater, in: domain)))
    }
}

/// `gcx rating show`.
struct RatingShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Compute an address's reputation from the ledger, by the public formula.")

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The address that was rated.")
    var address: Address

    func run() async throws {
        let score = try await MarketView(ledger: try ledger.open()).reputation(of: address)
        if output.json { return try Terminal.json(score) }
        for line in score.lines { Terminal.say(line) }
    }
}
