import GCXModel

/// One key of the file: where it stands, what it means, and where its value goes.
struct ConfigurationKey: Sendable {
    /// The kinds of values a key takes.
    enum Slot: Sendable {
        case text(any WritableKeyPath<Configuration, String> & Sendable)
        case number(any WritableKeyPath<Configuration, UInt64> & Sendable, ClosedRange<UInt64>)
        case flag(any WritableKeyPath<Configuration, Bool> & Sendable)
        /// Base units: a TOML integer, or decimal text beyond 2^63.
        case amount(any WritableKeyPath<Configuration, Amount> & Sendable)
        case addresses(any WritableKeyPath<Configuration, [Address]> & Sendable)
        /// A list of texts; ``Configuration/validate()`` says which.
        case texts(any WritableKeyPath<Configuration, [String]> & Sendable)
        /// Places to listen at: a list of texts, or one text.
        case places(any WritableKeyPath<Configuration, [String]> & Sendable)
        /// IPv4 addresses.
        case hosts(any WritableKeyPath<Configuration, [IPv4Address]> & Sendable)
        /// IPv4 networks, or addresses alone.
        case networks(any WritableKeyPath<Configuration, [IPv4Network]> & Sendable)
        /// Text, one of these.
        case choice(any WritableKeyPath<Configuration, String> & Sendable, [String])
    }

    let table: String
    let name: String
    let comment: String
    let slot: Slot

    init(_ path: String, _ slot: Slot, _ comment: String) {
        let parts = path.split(separator: ".")
        table = String(parts[0])
        name = String(parts[1])
        self.slot = slot
        self.comment = comment
    }

    var path: String { "\(table).\(name)" }

    /// Every key, in the order of the example file.
    static let all: [ConfigurationKey] =
        agent + machine + ledger + measuring + offer + price + job + image + network + relay

    /// Largest size: 1 PiB. Sums of a few such sizes stay far below 2^64.
    static let bytesMax: UInt64 = 1 << 50
    /// Longest duration: ten years. A date and a few of them stay far below 2^64.
    static let secondsMax: UInt64 = 315_576_000

    private static let agent = [
        ConfigurationKey(
            "agent.state_directory", .text(\.agent.stateDirectory),
            "Where the agent keeps its database, images and jobs."),
        ConfigurationKey(
            "agent.listen", .places(\.agent.listen),
            "Where the agent answers: unix:PATH, http://127.0.0.1:PORT, or https://HOST:PORT for other machines (0.0.0.0 and [::] are all of this one's addresses). One, or a list; one of them is on this machine, for its owner."
        ),
        ConfigurationKey(
            "agent.reached_at", .texts(\.agent.reachedAt),
            "Where buyers on other machines reach it, https://HOST:PORT, if that is not what it listens at."),
        ConfigurationKey(
            "agent.relays", .texts(\.agent.relays),
            "Relays that this machine dials, HOST:PORT#0xRELAY each, so that buyers reach it behind a router; the two nearest are kept. Whoever runs one says its address."
        ),
        ConfigurationKey(
            "agent.relay_max_price_gib_base_units", .amount(\.agent.relayMaxPriceGiB),
            "The most that this machine pays a relay for each GiB, token base units, out of the machine's own account on the ledger; 0 goes to no relay that asks."
        ),
        ConfigurationKey(
            "agent.certificate", .text(\.agent.certificate),
            "A certificate of your own for https, a file in PEM with those that lead to its authority behind it; read again at SIGHUP. Empty: the agent makes one, which gcx takes as well."
        ),
        ConfigurationKey(
            "agent.certificate_key", .text(\.agent.certificateKey), "The file of its private key, in PEM."),
        ConfigurationKey(
            "agent.socket_group", .text(\.agent.socketGroup),
            "The group whose users may open the agent's socket, as buyers and not as owners. Empty, or a group that is not there, lets in root and the agent's own user alone."
        ),
        ConfigurationKey(
            "agent.user", .text(\.agent.user),
            "The user that the agent runs as: gcx-helper serves no other one. Where there is no such user, nobody."),
        ConfigurationKey(
            "agent.helper", .text(\.agent.helper),
            "The socket at which gcx-helper listens, which does for the agent what takes root."),
        ConfigurationKey(
            "agent.log_level",
            .choice(\.agent.logLevel, ["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            "Least important log lines shown."),
    ]

    private static let machine = [
        ConfigurationKey(
            "machine.keystore", .text(\.machine.keystore),
            "The machine's key, an Ethereum keystore V3 file of mode 0600."),
        ConfigurationKey(
            "machine.password_file", .text(\.machine.passwordFile),
            "A file whose first line is the keystore's password."),
        ConfigurationKey(
            "machine.grant", .text(\.machine.grant), "The owner's signed grant to this machine, from `gcx key grant`."),
    ]

    private static let ledger = [
        ConfigurationKey(
            "ledger.endpoint", .text(\.ledger.endpoint),
            "The ledger that the agent and the commands talk to: unix:PATH, http://127.0.0.1:PORT, or https://HOST:PORT#0xOPERATOR."
        ),
        ConfigurationKey(
            "ledger.listen", .places(\.ledger.listen),
            "Where `gcx ledger serve` answers: unix:PATH, http://127.0.0.1:PORT or https://HOST:PORT; one, or a list."),
        ConfigurationKey(
            "ledger.certificate", .text(\.ledger.certificate),
            "A certificate of your own for the ledger's https, as agent.certificate."),
        ConfigurationKey(
            "ledger.certificate_key", .text(\.ledger.certificateKey), "The file of its private key, in PEM."),
        ConfigurationKey(
            "ledger.database", .text(\.ledger.database),
            "The ledger's file, for `gcx ledger serve`, `verify` and `prove`."),
        ConfigurationKey(
            "ledger.operator_keystore", .text(\.ledger.operatorKeystore),
            "The operator's key, which signs the tree heads."),
        ConfigurationKey(
            "ledger.operator_password_file", .text(\.ledger.operatorPasswordFile),
            "A file whose first line is that keystore's password."),
        ConfigurationKey(
            "ledger.test_network", .flag(\.ledger.testNetwork),
            "Whether the operator may make money out of nothing (`gcx ledger faucet`)."),
        ConfigurationKey(
            "ledger.currency_symbol", .text(\.ledger.currencySymbol),
            "What its money is called when it is founded: capital letters and digits. Empty says TEST on a test network, and CREDIT elsewhere."
        ),
        ConfigurationKey(
            "ledger.currency_decimals",
            .number(\.ledger.currencyDecimals, 0...UInt64(Limits.currencyDecimalsMax)),
            "Digits behind the point of one whole unit of it; with 9, 1.5 TEST are 1500000000 base units. Counts where a symbol is set."
        ),
    ]

    private static let measuring = [
        ConfigurationKey("probe.path", .text(\.probe.path), "The program gcx-probe; empty looks beside gcx."),
        ConfigurationKey(
            "probe.timeout_seconds", .number(\.probe.timeoutSeconds, 1...3_600),
            "A probe that takes longer is ended, seconds."),
        ConfigurationKey(
            "probe.interval_seconds", .number(\.probe.intervalSeconds, 10...secondsMax),
            "How often the machine is looked at again, seconds."),
        ConfigurationKey(
            "benchmark.enabled", .flag(\.benchmark.enabled),
            "Whether to measure before offering; without it an offer claims and proves nothing."),
        ConfigurationKey(
            "benchmark.seconds", .number(\.benchmark.seconds, 1...600), "Time for all benchmarks together, seconds."),
        ConfigurationKey(
            "benchmark.directory", .text(\.benchmark.directory),
            "Where the storage benchmark writes; empty takes the state directory."),
        ConfigurationKey(
            "benchmark.bytes_max", .number(\.benchmark.bytesMax, (16 << 20)...bytesMax),
            "The most the storage benchmark writes, bytes."),
    ]

    private static let offer = [
        ConfigurationKey("offer.region", .text(\.offer.region), "Where the machine stands, in your own word."),
        ConfigurationKey(
            "offer.cores_reserved", .number(\.offer.coresReserved, 0...65_536), "Cores that are not for sale."),
        ConfigurationKey(
            "offer.memory_reserved_bytes", .number(\.offer.memoryReservedBytes, 0...bytesMax),
            "Memory that is not for sale, bytes."),
        ConfigurationKey(
            "offer.storage_bytes", .number(\.offer.storageBytes, 0...bytesMax), "Storage that is for sale, bytes."),
        ConfigurationKey(
            "offer.lease_seconds_min", .number(\.offer.leaseSecondsMin, 1...secondsMax), "Shortest lease, seconds."),
        ConfigurationKey(
            "offer.lease_seconds_max", .number(\.offer.leaseSecondsMax, 1...secondsMax), "Longest lease, seconds."),
        ConfigurationKey(
            "offer.receipt_seconds", .number(\.offer.receiptSeconds, 1...86_400),
            "A receipt is issued this often, seconds."),
        ConfigurationKey(
            "offer.grace_seconds", .number(\.offer.graceSeconds, 0...86_400),
            "A job that is paused for want of a voucher is ended after this, seconds."),
        ConfigurationKey(
            "offer.close_window_seconds", .number(\.offer.closeWindowSeconds, Limits.closeWindowSeconds),
            "You can still claim this long after the buyer asks to close, seconds: longer than your longest outage."),
        ConfigurationKey(
            "offer.credit_limit_base_units", .amount(\.offer.creditLimit),
            "The most you deliver beyond the last voucher, token base units. A buyer gets three receipts' worth of the lease where that is less."
        ),
        ConfigurationKey(
            "offer.valid_seconds", .number(\.offer.validSeconds, 60...secondsMax),
            "An offer expires after this and is renewed at half of it, seconds."),
        ConfigurationKey(
            "offer.sign_seconds", .number(\.offer.signSeconds, 0...Limits.signSecondsMax),
            "Without a sign of life of the agent for so long the offer is not listed, seconds; 0 lists it until it expires. Five minutes outlast a restart of the agent and send few buyers to a dead one."
        ),
        ConfigurationKey(
            "offer.idle_seconds", .number(\.offer.idleSeconds, 0...Limits.idleSecondsMax),
            "A lease that is open without a job for so long is ended, seconds; 0 waits until it ends. Fifteen minutes are enough to send an image and to think; an upload begins them anew."
        ),
        ConfigurationKey("offer.allow", .addresses(\.offer.allow), "If not empty, only these buyers."),
        ConfigurationKey("offer.deny", .addresses(\.offer.deny), "Never these buyers."),
    ]

    private static let price = [
        ConfigurationKey(
            "price.lease_hour_base_units", .amount(\.price.leaseHour),
            "For each hour of a lease, used or not, token base units."),
        ConfigurationKey(
            "price.core_hour_base_units", .amount(\.price.coreHour),
            "For each hour of CPU time of one core, token base units."),
        ConfigurationKey(
            "price.memory_gib_hour_base_units", .amount(\.price.memoryGiBHour),
            "For each GiB of memory used for an hour, token base units."),
        ConfigurationKey(
            "price.gpu_hour_base_units", .amount(\.price.gpuHour), "For each hour of one GPU, token base units."),
        ConfigurationKey(
            "price.storage_gib_hour_base_units", .amount(\.price.storageGiBHour),
            "For each GiB of storage used for an hour, token base units."),
        ConfigurationKey(
            "price.egress_gib_base_units", .amount(\.price.egressGiB), "For each GiB sent out, token base units."),
        ConfigurationKey(
            "price.reservation_percent", .number(\.price.reservationPercent, 0...100),
            "The least that an open lease costs, used or not, in percent of what it costs in full use. Ten make it dear to hold a machine for nothing, and nothing for whoever uses a tenth of it."
        ),
    ]

    private static let job = [
        ConfigurationKey(
            "job.runtime", .choice(\.job.runtime, ["auto", "crun", "runc", "runsc", "krun"]),
            "The OCI runtime; auto takes the best that is installed."),
        ConfigurationKey(
            "job.sample_milliseconds", .number(\.job.sampleMilliseconds, 100...60_000),
            "How often a job's meter is read, milliseconds."),
        ConfigurationKey(
            "job.stop_grace_seconds", .number(\.job.stopGraceSeconds, 0...3_600), "From SIGTERM to SIGKILL, seconds."),
        ConfigurationKey(
            "job.log_bytes_max", .number(\.job.logBytesMax, (64 << 10)...bytesMax),
            "What the log of one job may take, bytes."),
        ConfigurationKey(
            "job.log_keep", .choice(\.job.logKeep, ["end", "beginning"]),
            "What is kept of a longer log, where the job does not say."),
        ConfigurationKey(
            "job.image_bytes_max", .number(\.job.imageBytesMax, (1 << 20)...bytesMax),
            "Largest image, packed or unpacked, bytes."),
        ConfigurationKey(
            "job.input_bytes_max", .number(\.job.inputBytesMax, (1 << 20)...bytesMax), "Largest input, bytes."),
        ConfigurationKey(
            "job.pids_max", .number(\.job.pidsMax, 16...1_048_576),
            "Processes and threads of one job, where it does not say less."),
        ConfigurationKey(
            "job.cgroup_base", .text(\.job.cgroupBase),
            "The delegated cgroup of a v2 tree; empty takes the agent's own."),
        ConfigurationKey(
            "job.exclusive_cores", .flag(\.job.exclusiveCores),
            "Whether a lease gets physical cores that no other lease has."),
        ConfigurationKey(
            "job.io_bytes_per_second", .number(\.job.ioBytesPerSecond, 0...bytesMax),
            "Most a job reads from a disk in a second, and as much it writes, bytes; 0 sets no limit."),
        ConfigurationKey(
            "job.io_operations_per_second", .number(\.job.ioOperationsPerSecond, 0...bytesMax),
            "Most reads of a disk in a second, and as many writes; 0 sets no limit."),
        ConfigurationKey(
            "job.output_keep_seconds", .number(\.job.outputKeepSeconds, 0...secondsMax),
            "A job's output waits this long for its buyer after the job's end, seconds; then all of the job is wiped."),
        ConfigurationKey(
            "job.history_seconds", .number(\.job.historySeconds, 0...secondsMax),
            "Log and events of a job are kept this long after its end, seconds; receipts are kept for good."),
        ConfigurationKey(
            "job.output_bytes_max", .number(\.job.outputBytesMax, 0...bytesMax),
            "A larger output is not kept, bytes."),
        ConfigurationKey(
            "job.input_urls_allow", .texts(\.job.inputURLsAllow),
            "Beginnings of https addresses that buyers' inputs may be fetched from; empty fetches nothing."),
        ConfigurationKey(
            "job.input_certificates", .text(\.job.inputCertificates),
            "A file of certificates that such servers may be signed by, besides the system's."),
        ConfigurationKey(
            "job.gpus", .texts(\.job.gpus),
            "GPUs for sale, by the names of their CDI descriptions in /etc/cdi, such as nvidia.com/gpu=0."),
    ]

    private static let image = [
        ConfigurationKey(
            "image.allow", .texts(\.image.allow),
            "Images that jobs may pull: HOST[:PORT][/PATH], that with @sha256:HEX, sha256:HEX, or * for any; none if empty."
        ),
        ConfigurationKey(
            "image.deny", .texts(\.image.deny),
            "Never these; sha256:HEX alone also stops an uploaded image. Goes before allow."),
        ConfigurationKey(
            "image.auth_file", .text(\.image.authFile),
            "Credentials for registries, a containers-auth.json of mode 0600; every job may pull what they open."),
        ConfigurationKey(
            "image.policy_file", .text(\.image.policyFile),
            "A containers-policy.json that says which signatures pulled images need; empty asks for none."),
        ConfigurationKey(
            "image.insecure_registries", .texts(\.image.insecureRegistries),
            "Registries (HOST[:PORT]) that may be spoken to without TLS, besides those on this machine."),
        ConfigurationKey(
            "image.store_bytes_max", .number(\.image.storeBytesMax, (1 << 20)...bytesMax),
            "Disk for unpacked images, bytes; beyond it the least recently used go."),
    ]
}
