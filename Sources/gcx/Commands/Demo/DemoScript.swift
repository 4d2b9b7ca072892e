import FoundationEssentials
import GCXBuyer
import GCXClient
import GCXHardware
import GCXLedger
import GCXLedgerSQLite
import GCXLinux
import GCXMarket
import GCXModel
import GCXPricing
import GCXSigning
import GCXWire
import Synchronization

/// The demonstration, step by step, each with the calls that the commands make.
struct DemoScript: Sendable {
    let stage: DemoStage
    let input: String
    let seconds: UInt64
    let benchmarkSeconds: UInt64
    let quiet: Bool

    /// What the steps share.
    struct Cast: Sendable {
        let owner, machine, buyer: KeystoreCustody
        let ledger: HTTPLedger
        let agent: AgentClient
        let identity: LedgerIdentity
    }

    func play() async throws -> DemoStatement {
        let cast = try await register()
        try await publish(cast)
        let bought = try await rent(cast)
        let (job, selfReported) = try await use(bought)
        let record = try await pay(cast, bought)
        try await rate(cast, bought.lease)
        return try await settle(cast, record, job, selfReported)
    }

    private func register() async throws -> Cast {
        title("1 register", "the owner's key lets the machine's key sell, for a day; the ledger is a test network")
        try stage.makePassword()
        let operatorKey = try stage.makeKey("operator")
        let (owner, machine) = (try stage.makeKey("owner"), try stage.makeKey("machine"))
        let buyer = try stage.makeKey("buyer")
        let file = try stage.writeConfiguration(benchmarkSeconds: benchmarkSeconds)
        try stage.start("ledger", ["ledger", "serve", "--config", file])
        let ledger = HTTPLedger(try Endpoint(stage.ledgerEndpoint))
        let identity = try await waitFor("ledger", seconds: 20) { try? await ledger.identity() }
        let domain = identity.domain
        let now = WallClock.seconds()
        let grant = MachineGrant(
            owner: owner.address, machine: machine.address, label: "demo", issuedAt: now, expiresAt: now + 86_400,
            nonce: .random())
        try Documents.write(try await Signed(grant, by: owner, in: domain), to: stage.path("grant.json"))
        let faucet = FaucetGrant(account: buyer.address, amount: Amount(10_000_000), nonce: .random())
        try await ledger.post(.faucet(Signed(faucet, by: operatorKey, in: domain)))
        say("owner \(owner.address.checksummed), machine \(machine.address.checksummed)")
        say("buyer \(buyer.address.checksummed) holds \(Display.amount(faucet.amount)) of play money")
        try stage.start("agent", ["agent", "run", "--config", file])
        let agent = AgentClient(try Endpoint(stage.agentEndpoint))
        return Cast(
            owner: owner, machine: machine, buyer: buyer, ledger: ledger, agent: agent, identity: identity)
    }

    private func publish(_ cast: Cast) async throws {
        title("2 publish", "the agent looks at the hardware, measures it for \(benchmarkSeconds) s, signs and offers")
        let inventory = try await HardwareProbe.located().inventory()
        if !quiet { Terminal.say(InventoryTree.styled(inventory, width: min(Terminal.width, 110))) }
        let record = try await waitFor("agent", seconds: 60 + benchmarkSeconds * 4) {
            try? await cast.ledger.offers(liveOnly: true).first
        }
        for fact in record.document.facts {
            say("  \(fact.name.shown): \(Display.figure(fact.value, fact.unit)) (\(fact.level))")
        }
        say(
            "offer \(record.digest.short): \(Display.count(record.document.capacity.cores, "core")), "
                + "\(Display.bytes(record.document.capacity.memoryBytes)), \(Priced.core.text(record.document.rates.coreHour))"
        )
    }

    /// What `gcx run` does, from the wish to the open lease.
    private func rent(_ cast: Cast) async throws -> Bought {
        title("3 demand, 4 match", "the buyer says what it needs, and sees what the cheapest offer that serves costs")
        let wish = Wish(
            resources: Resources(cores: 1, memoryBytes: 256 << 20, storageBytes: 256 << 20, gpus: 0),
            constraints: [Constraint(fact: "cpu.cores", minimum: 1, maximum: .max, levelMin: .claimed)],
            seconds: max(120, seconds * 4), priceMax: Amount(5_000_000))
        say(
            "$ gcx run --cores 1 --memory 256M --storage 256M --require 'cpu.cores>=1' --for \(wish.seconds)s "
                + "--max-price 0.005TEST …")
        let search = AgentSearch(named: try ServerAddress(stage.agentEndpoint), installed: nil)
        let purchase = Purchase(
            ledger: cast.ledger, agents: search, buyer: cast.buyer, folder: BuyerFolder(path: stage.path("buyer")))
        let quote = try await purchase.quote(wish)
        for line in QuoteText.fields(quote).lines(width: nil) { say("  " + line) }
        title(
            "5 contract", "the demand is signed at this price, both sides sign the terms, the deposit goes into escrow")
        let bought = try await purchase.open(quote, Holding(purchase))
        say("lease \(bought.lease.short): \(Display.amount(bought.terms.deposit)) in escrow")
        return bought
    }

    private func use(_ bought: Bought) async throws -> (JobStatus, UInt64?) {
        title("6 use", "the job runs in a sandbox: no network, no privilege, limits of CPU, memory, processes and disk")
        let flow = bought.flow
        let image = try ImageReference("oci:\(try DemoInput.makeImage(in: stage.directory)):demo")
        let request = JobRequest(
            command: ["/bin/sh", "-c", DemoInput.program(seconds: seconds)], imageFormat: .oci,
            imageReference: image.tag.map { Untrusted($0) })
        _ = try await flow.start(request, image: image, input: input)
        let text = Mutex("")
        let (status, logFault) = try await flow.attend(
            journal: stage.path("buyer.journal"),
            receipt: { event in self.show(event) },
            line: { line in
                let piece = String(decoding: line.bytes, as: UTF8.self)
                if line.kind == .output(.stdout) { text.withLock { $0 += piece } }
                self.say("  | " + piece.split(separator: "\n").joined(separator: "\n  | "))
            })
        let outputs = stage.path("output")
        if let logFault { throw CommandError("the log is not the one that was signed: \(logFault)", fix: "Report it.") }
        let transfer = JobTransfer(agent: flow.agent, ledger: flow.ledger, lease: flow.lease, caller: flow.caller)
        if try await transfer.fetch(into: outputs) != nil {
            let names = try Files.names(in: outputs).sorted().joined(separator: ", ")
            say("output fetched: \(names)")
        }
        return (status, DemoInput.cpuNanoseconds(from: text.withLock { $0 }))
    }

    private func show(_ event: BuyerEvent) {
        switch event {
        case .receiptAccepted(let receipt):
            say(
                "  receipt \(receipt.sequence)\(receipt.isFinal ? ", final" : ""): "
                    + "\(Display.seconds(receipt.usage.coreNanoseconds)) CPU, \(Display.amount(receipt.amount)) owed in all"
            )
        case .voucherSent(let voucher): say("  voucher for \(Display.amount(voucher.cumulative))")
        case .receiptRefused(_, let reason): say("  receipt refused: \(reason)")
        case .agentSilent(let error, _): say("  agent silent: \(error.description)")
        case .finished: break
        }
    }

    private func pay(_ cast: Cast, _ bought: Bought) async throws -> LeaseRecord {
        title("7 pay", "the final voucher is claimed, the lease closed, the rest refunded")
        // A job that could not be run has left the lease open.
        if try await cast.agent.job(bought.lease, by: .owner).isOpenAgain { try await Closing.cancel(bought) }
        let record = try await bought.flow.awaitClose()
        say(EscrowText.line(record.escrow))
        return record
    }

    private func rate(_ cast: Cast, _ lease: LeaseID) async throws {
        title("8 rate", "each side rates the other, once")
        try await RatingGive.give(5, "did what it said", lease: lease, by: cast.buyer, ledger: cast.ledger)
        try await RatingGive.give(5, "paid every receipt", lease: lease, by: cast.owner, ledger: cast.ledger)
    }

    private func settle(
        _ cast: Cast, _ record: LeaseRecord, _ job: JobStatus, _ selfReported: UInt64?
    ) async throws -> DemoStatement {
        let ratings = try await cast.ledger.lease(record.id).ratings.map(\.document)
        let owner = try await cast.ledger.account(cast.owner.address)
        let final = try await cast.agent.job(record.id, by: .owner)
        let reading = try await cast.agent.report(record.id, by: .owner).facts?.readingNanoseconds
        stage.stop("agent")
        stage.stop("ledger")
        let report = try LedgerVerifier.verify(stage.database, expectedOperator: cast.identity.operator)
        return DemoStatement(
            job: final, deposit: record.deposit, claimed: record.settled, reserved: record.reserved(at: .max),
            ownerBalance: owner.balance,
            escrow: record.escrow, ratings: ratings, readingNanoseconds: reading ?? 0,
            selfReportedNanoseconds: selfReported, report: report)
    }

    /// Waits until a process gives an answer, or says why it ended.
    private func waitFor<Value>(
        _ process: String, seconds: UInt64, _ body: () async throws -> Value?
    ) async throws -> Value {
        let deadline = BootClock.now() + Nanoseconds.of(seconds: seconds)
        while BootClock.now() < deadline {
            if let value = try await body() { return value }
            if let words = stage.lastWords(process) {
                throw CommandError("the \(process) ended: \(words)", fix: "Run `gcx doctor`.")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CommandError("the \(process) gave no answer within \(seconds) s", fix: "Run `gcx doctor`.")
    }

    private func title(_ name: String, _ what: String) {
        if !quiet { Terminal.say("\n" + Terminal.bold(name) + ": \(what)") }
    }

    private func say(_ text: String) {
        if !quiet { Terminal.say(text) }
    }
}
