import ArgumentParser
import GCXConfig
import GCXLinux
import GCXModel
import Glibc

/// `gcx doctor`: what is lacking here, and what to do about it.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check what an agent, or a buyer, needs here, and say how to mend what is lacking.",
        discussion: """
            As an agent (the default) it looks at the machine, the configuration, the key, the grant, the ledger, the clock, the
            disk, the helper, the socket and the offer. As a buyer (--as buyer) it looks at the ledger, the agent, the clock, the key and the
            money. It changes nothing and shows no secret. A warning needs somebody soon; only a fault makes it end with 78.
            `gcx doctor reach` asks relays how the machine looks from outside.
            """, subcommands: [DoctorReach.self])

    /// On whose behalf it looks.
    enum Role: String, ExpressibleByArgument, CaseIterable { case agent, buyer }

    @Option(help: "The configuration file.")
    var config = Installed.path

    @Option(help: "Whose needs are looked at: agent or buyer.")
    var `as` = Role.agent

    @Option(help: "As a buyer: the keystore of the key that is to pay.")
    var key: String?

    @Option(help: "As a buyer: a file whose first line is the keystore's password; with it the key is tried.")
    var passwordFile: String?

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let findings: [Finding]
        switch `as` {
        case .agent: findings = await asAgent()
        case .buyer:
            findings = await BuyerChecks(ledger: ledger, agent: agent, key: key, passwordFile: passwordFile).all()
        }
        if output.json {
            try Terminal.json(findings)
        } else {
            for line in findings.flatMap({ $0.lines(width: Terminal.tableWidth) }) { Terminal.say(line) }
        }
        if findings.contains(where: { !$0.ok }) { throw ExitCode(78) }
    }

    private func asAgent() async -> [Finding] {
        let machine = MachineChecks()
        let configured = ConfigurationCheck(path: config)
        let settings = configured.configuration
        let found = await machine.all(network: settings?.network)
        let rest: [Finding]
        if let settings, configured.isThere {
            rest = await AgentChecks(settings, path: config).all()
        } else {
            rest = [ClockCheck().finding]
        }
        return found + [configured.finding] + rest  // bounded: joins lists
    }
}

/// What the configuration file says, if it can be used.
struct ConfigurationCheck {
    let finding: Finding
    /// The file's, or the defaults where there is none.
    let configuration: Configuration?
    let isThere: Bool

    init(path: String) {
        isThere = unsafe access(path, F_OK) == 0
        guard isThere else {
            configuration = try? Configuration.parse("", name: path, sources: .process)
            finding = .ok("configuration", "none at \(path); `gcx agent config` prints one")
            return
        }
        do {
            configuration = try Configuration.load(path: path)
            finding = .ok("configuration", path)
        } catch {
            configuration = nil
            finding = .fault("configuration", error)
        }
    }
}

/// Whether the machine's clock is kept right by somebody.
struct ClockCheck {
    private let check = "clock"

    var finding: Finding {
        switch ClockDiscipline.isSynchronised {
        case true?: .ok(check, "synchronised, by the kernel's word")
        case false?:
            .warning(
                check, "the kernel knows of nobody who keeps it right; leases and receipts are dated by it",
                fix: "Run chrony, ntpd or systemd-timesyncd, here or on the host of this container.")
        case nil: .ok(check, "the kernel does not say whether it is synchronised")
        }
    }

    /// The ledger's time against ours, in seconds, and what follows.
    static func comparison(ledger: UInt64, ours: UInt64) -> Finding {
        let apart = max(ledger, ours) - min(ledger, ours)  // bounded: the smaller from the larger
        let which = ledger > ours ? "ahead of" : "behind"
        let detail = "the ledger's is \(apart) s \(which) this machine's"
        let fix =
            "Set both machines' clocks right; a ledger that stands still is set by its operator: `gcx ledger clock`."
        if apart > secondsMax { return .fault("clock of the ledger", detail, fix: fix) }
        if apart > secondsNoticed { return .warning("clock of the ledger", detail, fix: fix) }
        return .ok("clock of the ledger", apart == 0 ? "the same as this machine's" : detail)
    }

    /// Beyond it the agent refuses sessions and terms as dated wrongly.
    private static let secondsMax: UInt64 = 60
    /// More than two clocks differ that are both kept right, with the way in between.
    private static let secondsNoticed: UInt64 = 5
}
