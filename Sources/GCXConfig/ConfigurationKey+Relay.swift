extension ConfigurationKey {
    /// What `gcx relay serve` reads.
    static let relay = [
        ConfigurationKey(
            "relay.name", .text(\.relay.name),
            "HOST:PORT by which machines dial this relay, such as relay.example:443; each signs it when it registers."),
        ConfigurationKey(
            "relay.keystore", .text(\.relay.keystore),
            "The relay's key, an Ethereum keystore V3 file of mode 0600: machines know the relay by it."),
        ConfigurationKey(
            "relay.password_file", .text(\.relay.passwordFile), "A file whose first line is that keystore's password."),
        ConfigurationKey(
            "relay.listen", .text(\.relay.listen),
            "Where `gcx relay serve` answers buyers and machines: ADDRESS:PORT; [::]:PORT is every address."),
        ConfigurationKey(
            "relay.plain_machines", .flag(\.relay.plainMachines),
            "Whether machines may register without TLS. What buyers send stays encrypted; the way to the machine can be cut."
        ),
        ConfigurationKey(
            "relay.price_gib_base_units", .amount(\.relay.priceGiB),
            "For each GiB that passes, both directions together, token base units of the ledger at ledger.endpoint; 0 asks for nothing."
        ),
        ConfigurationKey(
            "relay.grant", .text(\.relay.grant),
            "The owner's signed permission for the relay's key, made with `gcx key grant`; read where there is a price: its owner is paid."
        ),
        ConfigurationKey(
            "relay.state_directory", .text(\.relay.stateDirectory),
            "Where a relay with a price keeps what machines owe and have vouched for."),
        ConfigurationKey(
            "relay.machines_max", .number(\.relay.machinesMax, 1...100_000), "Machines registered at once."),
        ConfigurationKey(
            "relay.connections_max", .number(\.relay.connectionsMax, 1...100_000),
            "Connections passed on at once, of all buyers together."),
        ConfigurationKey(
            "relay.connections_per_peer_max", .number(\.relay.connectionsPerPeerMax, 1...100_000),
            "The same of one address of buyers."),
        ConfigurationKey(
            "relay.machine_bytes_per_second", .number(\.relay.machineBytesPerSecond, 0...100_000_000_000),
            "The most that passes to and from one machine, bytes per second; 0 sets no bound."),
        ConfigurationKey(
            "relay.idle_seconds", .number(\.relay.idleSeconds, 10...86_400),
            "A connection that carries nothing for this long is closed, seconds."),
    ]
}
