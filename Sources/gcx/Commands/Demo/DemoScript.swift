import GCXHardware
import GCXLedger
import GCXLinux
import GCXModel
import GCXPricing
import GCXSigning
import GCXWire

/// The demonstration, step by step, each with the commands that people type.
struct DemoScript: Sendable {
    let stage: DemoStage
    /// An absolute path.
    let input: String
    let seconds: UInt64
    let benchmarkSeconds: UInt64
    let quiet: Bool

    /// What the steps share.
    struct Cast: Sendable {
        let ledger, agent: DemoPlace
        let owner, buyer: Address
    }

    func play() async throws -> DemoStatement {
        let cast = try await register()
        try await publish()
        let purchase = try await buy(cast)
        try await rate(purchase.lease)
        return try await settle(cast, purchase)
    }

    private func register() async throws -> Cast {
        title(
            "1 register",
            "three parties, each at an address of its own and with files of its own; they speak TLS 1.3 and nothing else"
        )
        let (ledgerParty, provider, buyer) = (stage.ledger, stage.provider, stage.buyer)
        let ledger = try await found()
        // How far the ledger is, and whose it is, is all that the others are told.
        for party in [provider, buyer] { try await party.gcx("ledger", "use", ledger.url) }
        let (owner, machine) = (try await provider.makeKey("owner"), try await provider.makeKey("machine"))
        let payer = try await buyer.makeKey("buyer")
        try await provider.gcx(
            "key", "grant", "--key", "owner.json", "--password-file", "password", "--machine", machine.checksummed,
            "--days", "1", "--label", "demo", "--out", "grant.json")
        let agent = try await sell(on: ledger, machine)
        let holds = try await ledgerParty.gcx(
            "ledger", "faucet", "--ledger", ledger.url, "--key", "operator.json", "--password-file", "password",
            payer.checksummed, "0.01TEST")
        var fields = TextFields()
        fields.add("ledger", "\(ledger.url), a test network")
        fields.add("provider", agent.url)
        fields.add("", "the key of \(owner.checksummed), its owner, lets that machine's key sell, for a day")
        fields.add("buyer", "\(buyer.address), knows the ledger's line above and nothing else")
        fields.add("", "\(holds) of play money")
        say(fields)
        return Cast(ledger: ledger, agent: agent, owner: owner, buyer: payer)
    }

    /// Starts the ledger, and waits until it proves that it is its operator's.
    private func found() async throws -> DemoPlace {
        let party = stage.ledger
        let place = try party.freePlace()
        let ledger = DemoPlace(party, place, key: try await party.makeKey("operator"))
        try stage.configureLedger(place)
        try stage.start(party, ["ledger", "serve", "--config", party.path("gcx.toml")])
        _ = try await waitFor(party, seconds: 20) { try? await ledger.prove() }
        return ledger
    }

    /// Starts the agent, which measures before it offers.
    private func sell(on ledger: DemoPlace, _ machine: Address) async throws -> DemoPlace {
        let party = stage.provider
        let place = try party.freePlace()
        try stage.configureAgent(place, ledger: ledger, benchmarkSeconds: benchmarkSeconds)
        try stage.start(party, ["agent", "run", "--config", party.path("gcx.toml")])
        return DemoPlace(party, place, key: machine)
    }

    private func publish() async throws {
        title("2 publish", "the agent looks at the hardware, measures it for \(benchmarkSeconds) s, signs and offers")
        let inventory = try await HardwareProbe.located().inventory()
        if !quiet { Terminal.say(InventoryTree.styled(inventory, width: min(Terminal.width, 110))) }
        // Nobody asks while it measures: a program that looks for an offer takes time of the processors.
        let log = stage.log(of: stage.provider)
        _ = try await waitFor(stage.provider, seconds: 60 + benchmarkSeconds * 4) {
            (try? Files.text(log))?.contains("offer published") == true ? true : nil
        }
        let record = try await waitFor(stage.provider, seconds: 20) {
            try await stage.buyer.json([OfferRecord].self, "offer", "list").first
        }
        for fact in record.document.facts {
            say("  \(fact.name.shown): \(Display.figure(fact.value, fact.unit)) (\(fact.level))")
        }
        say(
            "offer \(record.digest.short): \(Display.count(record.document.capacity.cores, "core")), "
                + "\(Display.bytes(record.document.capacity.memoryBytes)), \(Priced.core.text(record.document.rates.coreHour))"
        )
    }

    /// The buyer's one command, with the steps that it takes.
    private func buy(_ cast: Cast) async throws -> DemoPurchase {
        title("3 demand, 4 match", "the buyer says what it needs, and sees what the cheapest offer that serves costs")
        _ = try DemoInput.makeImage(in: stage.buyer.folder)
        var purchase = DemoPurchase(
            stage: stage, input: input, seconds: seconds,
            wire: DemoWire([stage.ledger, stage.provider, stage.buyer], [cast.ledger, cast.agent]))
        say("buyer$ \(purchase.command)")
        try await purchase.run { line in
            switch line {
            case .signed:
                title(
                    "5 contract",
                    "the demand is signed at this price, both sides sign the terms, the deposit goes into escrow")
            case .said(let text): say("  " + text)
            case .begun:
                title(
                    "6 use",
                    "the job runs in a sandbox: no network, no privilege, limits of CPU, memory, processes and disk")
            case .wrote(let text): say("  | " + text)
            case .over: title("7 pay", "the final voucher is claimed, the lease closed, the rest refunded")
            }
        }
        say("  output fetched: \(try purchase.outputs.joined(separator: ", "))")
        return purchase
    }

    private func rate(_ lease: String) async throws {
        title("8 rate", "each side rates the other, once")
        for (party, key, words) in [
            (stage.buyer, "buyer", "did what it said"), (stage.provider, "owner", "paid every receipt"),
        ] {
            try await party.gcx(
                "rating", "give", "--key", "\(key).json", "--password-file", "password", lease, "--stars", "5",
                "--comment", words)
            say("\(party.name)$ gcx rating give --key \(key).json … \(lease) --stars 5 --comment '\(words)'")
        }
    }

    /// What each party sees in the end; the ledger is read again from its file, when nobody serves it any more.
    private func settle(_ cast: Cast, _ purchase: DemoPurchase) async throws -> DemoStatement {
        let bindings = [try await cast.ledger.prove(), try await cast.agent.prove()]
        if !quiet {
            title(
                "who spoke to whom",
                "by the kernel's table of connections while `gcx run` ran; each place proved its key again")
            say(purchase.wire.fields(bindings))
        }
        let buyer = stage.buyer
        let record = try await buyer.json(LeaseRecord.self, "lease", "show", purchase.lease)
        let report = try await buyer.json(
            JobReport.self, "job", "inspect", "--key", "buyer.json", "--password-file", "password", purchase.lease)
        let owner = try await stage.provider.json(Account.self, "ledger", "account", cast.owner.checksummed)
        stage.stop(stage.provider)
        stage.stop(stage.ledger)
        let verified = try await stage.ledger.json(
            VerifyReport.self, "ledger", "verify", "--database", "ledger.sqlite", "--operator",
            cast.ledger.key.checksummed)
        return DemoStatement(
            job: report.status, deposit: record.deposit, claimed: record.settled, reserved: record.reserved(at: .max),
            ownerBalance: owner.balance, escrow: record.escrow, ratings: record.ratings.map(\.document),
            readingNanoseconds: report.facts?.readingNanoseconds ?? 0,
            selfReportedNanoseconds: purchase.selfReported, wire: purchase.wire, report: verified)
    }

    /// Waits until a party's program gives an answer, or says why it ended.
    private func waitFor<Value>(
        _ party: DemoParty, seconds: UInt64, _ body: () async throws -> Value?
    ) async throws -> Value {
        let deadline = BootClock.now() + Nanoseconds.of(seconds: seconds)
        while BootClock.now() < deadline {
            if let value = try await body() { return value }
            if stage.end(of: party) != nil {
                throw CommandError(
                    "the \(party.name) ended: \(stage.lastWords(party))", fix: "Run `gcx doctor`.")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CommandError("the \(party.name) gave no answer within \(seconds) s", fix: "Run `gcx doctor`.")
    }

    private func title(_ name: String, _ what: String) {
        if !quiet { Terminal.say("\n" + Terminal.bold(name) + ": \(what)") }
    }

    private func say(_ text: String) {
        if !quiet { Terminal.say(text) }
    }

    private func say(_ fields: TextFields) {
        for line in fields.lines(width: nil) { say(line) }
    }
}
