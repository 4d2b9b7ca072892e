import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Glibc

/// Whether a ledger answers, whose it is, and how its clock stands to ours.
struct LedgerCheck {
    let client: HTTPLedger?
    let identity: LedgerIdentity?
    let findings: [Finding]

    /// - Parameters:
    ///   - place: as it is configured.
    ///   - setting: where that is said, for whoever has to change it.
    ///   - source: who said it, where there are several who may.
    init(place: String, setting: String, saidBy source: String? = nil) async {
        let endpoint = place
        let place = place + (source.map { " (\($0))" } ?? "")  // bounded: joins texts
        do {
            let client = HTTPLedger(try ServerAddress(endpoint))
            let identity = try await client.identity()
            let now = WallClock.seconds()
            self.client = client
            self.identity = identity
            findings = [
                .ok(
                    "ledger",
                    "\(place), of operator \(identity.operator.checksummed)\(identity.isTestNetwork ? ", a test network" : "")"
                ), ClockCheck.comparison(ledger: identity.ledgerTime, ours: now),
            ]
        } catch {
            (client, identity) = (nil, nil)
            findings = [
                .fault(
                    "ledger", ForeignError.words(error),
                    fix:
                        "Start it: `systemctl start gcx-ledger`, or `gcx ledger serve`; or name another with \(setting)."
                )
            ]
        }
    }
}

/// Whether a keystore can be read and opened, and by nobody else. No secret is shown.
struct KeyCheck {
    let finding: Finding
    /// The key's, as far as the keystore says.
    let address: Address?

    /// - Parameter passwordFile: nil leaves the key closed.
    init(_ check: String, keystore: String, passwordFile: String?) {
        do {
            let file = try KeystoreFile.read(keystore)
            guard let passwordFile else {
                address = file.address.flatMap { Address($0) }
                finding = .ok(check, "\(keystore)\(Self.words(address)); not opened, for no password file is named")
                return
            }
            address = try KeystoreCustody(path: keystore, password: try SecretFile.password(passwordFile)).address
            finding = .ok(check, "\(keystore)\(Self.words(address)), opened with the password in \(passwordFile)")
        } catch {
            address = (try? KeystoreFile.read(keystore))?.address.flatMap { Address($0) }
            finding = .fault(check, error)
        }
    }

    private static func words(_ address: Address?) -> String { address.map { " of \($0.checksummed)" } ?? "" }
}

/// Who may open the agent's socket.
struct SocketCheck {
    let finding: Finding

    init(_ place: Endpoint, group: String) {
        guard case .unix(let path) = place else {
            finding = .ok("socket", "\(place): every user of this machine reaches it, and needs a key")
            return
        }
        guard !group.isEmpty else {
            finding = .ok("socket", "\(path) is for root and the agent's own user (agent.socket_group is empty)")
            return
        }
        guard let number = UserGroup.number(of: group) else {
            finding = .warning(
                "socket", "\(path): there is no group \(group), so no buyer but root reaches the agent",
                fix: "groupadd --system \(group), then restart the agent")
            return
        }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            finding = .ok("socket", "\(path) is not there now; it will be open to the group \(group)")
            return
        }
        guard status.st_gid == number, status.st_mode & 0o060 == 0o060 else {
            finding = .warning(
                "socket", "\(path) is not open to the group \(group)", fix: "Restart the agent, which sets its mode.")
            return
        }
        finding = .ok("socket", "\(path) is open to the group \(group)")
    }
}
