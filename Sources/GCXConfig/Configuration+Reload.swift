import GCXModel

/// A program that runs for long with a configuration, and may be told to read it again.
package enum ConfiguredProgram: Sendable { case agent, ledger, relay }

/// What comes of reading a configuration again.
package struct ConfigurationReload: Equatable, Sendable {
    /// The running configuration, with every new value that the program takes while it runs.
    package var adopted: Configuration
    /// Keys that have a new value now, as `table.key`.
    package var changed: [String] = []
    /// Keys whose new value only a restart brings.
    package var waiting: [String] = []
}

extension Configuration {
    /// Compares this running configuration with one that was read anew. Keys of the other program are left out.
    package func reload(_ new: Configuration, in program: ConfiguredProgram) -> ConfigurationReload {
        var reload = ConfigurationReload(adopted: self)
        for key in ConfigurationKey.all where text(of: key) != new.text(of: key) {
            switch key.change(in: program) {
            case .live:
                reload.adopted.take(key, of: new)
                reload.changed.append(key.path)
            case .atRestart: reload.waiting.append(key.path)
            case .ofOther: reload.adopted.take(key, of: new)
            }
        }
        return reload
    }

    private mutating func take(_ key: ConfigurationKey, of other: Configuration) {
        switch key.slot {
        case .text(let path), .choice(let path, _): self[keyPath: path] = other[keyPath: path]
        case .number(let path, _): self[keyPath: path] = other[keyPath: path]
        case .flag(let path): self[keyPath: path] = other[keyPath: path]
        case .amount(let path):
            self[keyPath: path] = other[keyPath: path]
            take(other.typed[key.path], at: key.path)
        case .addresses(let path): self[keyPath: path] = other[keyPath: path]
        case .texts(let path), .places(let path): self[keyPath: path] = other[keyPath: path]
        case .hosts(let path): self[keyPath: path] = other[keyPath: path]
        case .networks(let path): self[keyPath: path] = other[keyPath: path]
        }
    }
}

extension ConfigurationKey {
    /// When a new value counts.
    enum Change: Sendable { case live, atRestart, ofOther }

    func change(in program: ConfiguredProgram) -> Change {
        if path == "agent.log_level" { return .live }
        // A relay reads its table when it starts, and nobody else does.
        if table == "relay" { return program == .relay ? .atRestart : .ofOther }
        switch program {
        case .relay: return .ofOther
        case .ledger: return Self.ofLedger.contains(path) ? .atRestart : .ofOther
        case .agent:
            if Self.ofLedger.contains(path) { return .ofOther }
            return Self.liveTables.contains(table) || Self.live.contains(path) ? .live : .atRestart
        }
    }

    /// Read by `gcx ledger serve` alone.
    private static let ofLedger: Set<String> = [
        "ledger.listen", "ledger.database", "ledger.operator_keystore", "ledger.operator_password_file",
        "ledger.test_network", "ledger.certificate", "ledger.certificate_key", "ledger.currency_symbol",
        "ledger.currency_decimals",
    ]
    /// What is for sale and for how much: another offer follows, and leases keep their terms.
    private static let liveTables: Set<String> = ["offer", "price"]
    /// What is looked up each time that it is needed.
    private static let live: Set<String> = [
        "probe.interval_seconds", "job.stop_grace_seconds", "job.log_keep", "job.pids_max", "job.io_bytes_per_second",
        "job.io_operations_per_second", "job.output_keep_seconds", "job.history_seconds", "job.output_bytes_max",
        "job.input_urls_allow", "job.input_certificates", "job.gpus",
    ]
}
