import GCXClient
import GCXConfig
import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import Glibc

/// What an agent needs by its configuration: papers, a ledger, room, and a place to answer.
struct AgentChecks {
    private let configuration: Configuration
    private let path: String
    private let now = WallClock.seconds()

    init(_ configuration: Configuration, path: String) {
        (self.configuration, self.path) = (configuration, path)
    }

    func all() async -> [Finding] {
        let ledger = await LedgerCheck(place: configuration.ledger.endpoint, setting: "ledger.endpoint in \(path)")
        let key = KeyCheck(
            "machine's key", keystore: configuration.machine.keystore,
            passwordFile: configuration.machine.passwordFile)
        let papers = [key.finding, await grant(key.address, ledger)]
        // bounded: joins lists
        return await papers + ledger.findings + prices(ledger.identity) + [ClockCheck().finding, disk, helper] + agent()
    }

    /// Whether the ledger's currency can express what the owner wrote; nothing where all is in base units.
    private func prices(_ ledger: LedgerIdentity?) -> [Finding] {
        guard !configuration.typed.isEmpty, let currency = ledger?.money else { return [] }
        do {
            _ = try configuration.priced(in: currency, name: path)
            return [.ok("prices", "\(currency.symbol) is the ledger's currency, and has every price exactly")]
        } catch { return [.fault("prices", error)] }
    }

    /// There, for this key and this ledger, not taken back, and not over soon.
    private func grant(_ machine: Address?, _ ledger: LedgerCheck) async -> Finding {
        let check = "grant"
        let file = configuration.machine.grant
        let fix =
            "Have the owner sign one with `gcx key grant --machine \(machine?.checksummed ?? "ADDRESS") --out \(file)`."
        guard unsafe access(file, F_OK) == 0 else { return .fault(check, "there is none at \(file)", fix: fix) }
        let grant: Signed<MachineGrant>
        do { grant = try Documents.read(file, what: "machine grant") } catch {
            return .fault(check, ForeignError.words(error), fix: fix)
        }
        let document = grant.document
        if let machine, document.machine != machine {
            return .fault(
                check, "it is for machine \(document.machine.checksummed), and the key is \(machine.checksummed)",
                fix: Self.newGrant)
        }
        if let domain = ledger.identity?.domain {
            do { try grant.verify(signer: document.owner, in: domain) } catch {
                return .fault(
                    check, "it does not hold on this ledger: it was signed for another, or changed since",
                    fix: Self.newGrant)
            }
            if let revoked = try? await ledger.client?.grant(grant.digest(in: domain)).withdrawnAt {
                return .fault(
                    check, "the owner took it back at \(RFC3339.moment(revoked))", fix: Self.newGrant)
            }
        }
        return Self.term(of: document, at: now)
    }

    /// Whether a grant is over, or will be soon.
    static func term(of grant: MachineGrant, at now: UInt64) -> Finding {
        let end = RFC3339.moment(grant.expiresAt)
        guard grant.expiresAt > now else { return .fault("grant", "it ended at \(end)", fix: newGrant) }
        let left = grant.expiresAt - now  // bounded: compared above
        if left < AgentStatusText.soonSeconds {
            return .warning("grant", "it ends in \(Display.span(left)), at \(end)", fix: newGrant)
        }
        return .ok("grant", "of owner \(grant.owner.checksummed), until \(end)")
    }

    private static let newGrant =
        "Have the owner sign another with `gcx key grant`, put it where machine.grant says, and restart the agent."

    private var disk: Finding {
        let folder = configuration.agent.stateDirectory
        let place = Self.nearest(folder)
        guard unsafe access(place, W_OK) == 0 else {
            return .fault(
                "disk", unsafe "\(place) cannot be written by user \(geteuid()): \(String(cString: strerror(errno)))",
                fix: "Run the agent as root, or give this user the folder, or name another in agent.state_directory.")
        }
        do {
            return Self.room(free: try Disk.freeBytes(at: place), sold: configuration.offer.storageBytes, in: folder)
        } catch {
            return .fault("disk", error)
        }
    }

    /// The folder, or the nearest one above it that is there.
    static func nearest(_ folder: String) -> String {
        var parts = folder.split(separator: "/")
        while !parts.isEmpty {
            let path = "/" + parts.joined(separator: "/")
            if unsafe access(path, F_OK) == 0 { return path }
            parts.removeLast()
        }
        return "/"
    }

    /// Whether what is for sale fits on the disk, beside what the agent keeps back.
    static func room(free: UInt64, sold: UInt64, in folder: String) -> Finding {
        let reserve = SandboxLimits.diskReserveBytes
        let has = "\(Display.bytes(free)) free in \(folder)"
        if free <= reserve {
            return .fault(
                "disk", "\(has), and \(Display.bytes(reserve)) are kept back: no job can start",
                fix: "Free some room, or name another disk in agent.state_directory.")
        }
        if free < sold.saturatingSum(reserve) {
            return .warning(
                "disk",
                "\(has), less than the \(Display.bytes(sold)) for sale and the \(Display.bytes(reserve)) kept back",
                fix: "Free some room, or lower offer.storage_bytes.")
        }
        return .ok("disk", has)
    }

    private var helper: Finding {
        let name = configuration.agent.user
        return HelperCheck(
            path: configuration.agent.helper, account: UserAccount.named(name) ?? .nobody,
            hasUnit: HelperCheck.isInstalled
        ).finding(for: geteuid())
    }

    /// Who answers in the agent's place, who may come in, and whether buyers see what is sold.
    private func agent() async -> [Finding] {
        guard let place = try? Endpoint(configuration.agent.ownDoor) else { return [] }
        let group = SocketCheck(place, group: configuration.agent.socketGroup).finding
        let status: AgentStatus
        do throws(AgentError) { status = try await AgentClient(place).status() } catch {
            if case .socketClosed = error { return [group, .fault("agent", error)] }
            return [
                group,
                .warning(
                    "agent", "none answers at \(place)",
                    fix: "Start it: `systemctl start gcx-agent`, or `gcx agent run --config \(path)`."),
            ]
        }
        // bounded: joins lists
        return await [group, answering(status, place)] + offer(status)
    }

    private func answering(_ status: AgentStatus, _ place: Endpoint) -> Finding {
        let key = (try? KeystoreFile.read(configuration.machine.keystore))?.address.flatMap { Address($0) }
        if let key, key != status.machine {
            return .fault(
                "agent",
                "the one at \(place) is of machine \(status.machine.checksummed), not of this configuration's key",
                fix:
                    "Restart it after a change of machine.keystore, or give each agent a place of its own (agent.listen)."
            )
        }
        let problems = status.problems.count
        guard problems == 0 else {
            return .warning(
                "agent", "it answers, and has \(Display.count(problems, "problem"))",
                fix: "Read them in `gcx agent status`.")
        }
        if status.standing?.isWaiting == true {
            return .warning("agent", "it waits for its ledger", fix: "Start the ledger; the agent goes on by itself.")
        }
        if status.standing?.ledgerAway != nil {
            return .warning(
                "agent", "it answers, and its ledger does not answer it",
                fix: "Start the ledger; the agent goes on by itself.")
        }
        return .ok("agent", "gcx \(status.version.shown) answers at \(place)")
    }

    /// Whether buyers see what this machine's agent sells; nothing where it has no offer yet.
    private func offer(_ status: AgentStatus) async -> [Finding] {
        guard let digest = status.offer else { return [] }
        do {
            let ledger = HTTPLedger(try ServerAddress(configuration.ledger.endpoint))
            guard try await ledger.offers(liveOnly: true).contains(where: { $0.digest == digest }) else {
                return [
                    .fault(
                        "offer", "\(digest.short) is not listed: no buyer is sent to it",
                        fix:
                            "Read the problems in `gcx agent status`; the agent shows the ledger every few minutes that it "
                            + "is there.")
                ]
            }
            return [.ok("offer", "\(digest.short) is listed")]
        } catch {
            return [
                .fault(
                    "offer", "\(digest.short) may not be listed: the ledger does not answer",
                    fix: "Start the ledger, or name it in \(path).")
            ]
        }
    }
}
