package import GCXModel

/// Everything an owner can decide, with its defaults. `ConfigurationKey.all` describes each key once; the reader, the
/// checks and the example file all come from there.
package struct Configuration: Equatable, Sendable {
    package struct Agent: Equatable, Sendable {
        package var stateDirectory = "/var/lib/gcx"
        package var listen = ["unix:/run/gcx/agent.sock"]
        package var reachedAt: [String] = []
        package var relays: [String] = []
        package var relayMaxPriceGiB: Amount = .zero
        package var certificate = ""
        package var certificateKey = ""
        package var socketGroup = "gcx"
        package var user = "gcx-agent"
        package var helper = "/run/gcx-helper/helper.sock"
        package var logLevel = "info"
    }

    package struct Machine: Equatable, Sendable {
        package var keystore = "/etc/gcx/machine.json"
        package var passwordFile = "/etc/gcx/machine.password"
        package var grant = "/etc/gcx/grant.json"
    }

    package struct Ledger: Equatable, Sendable {
        package var endpoint = "unix:/run/gcx-ledger/ledger.sock"
        package var listen = ["unix:/run/gcx-ledger/ledger.sock"]
        package var certificate = ""
        package var certificateKey = ""
        package var database = "/var/lib/gcx-ledger/ledger.sqlite"
        package var operatorKeystore = "/etc/gcx/operator.json"
        package var operatorPasswordFile = "/etc/gcx/operator.password"
        package var testNetwork = false
        package var currencySymbol = ""
        package var currencyDecimals = UInt64(Currency.decimalsOfOurs)

        /// What its money is called; nil where the owner leaves that to its kind.
        package var currency: Currency? { Currency(symbol: currencySymbol, decimals: Int(currencyDecimals)) }
    }

    package struct Relay: Equatable, Sendable {
        package var name = ""
        package var keystore = "/etc/gcx/relay.json"
        package var passwordFile = "/etc/gcx/relay.password"
        package var listen = "[::]:443"
        package var plainMachines = false
        package var priceGiB: Amount = .zero
        package var grant = "/etc/gcx/relay-grant.json"
        package var stateDirectory = "/var/lib/gcx-relay"
        package var machinesMax: UInt64 = 4_096
        package var connectionsMax: UInt64 = 4_096
        package var connectionsPerPeerMax: UInt64 = 256
        package var machineBytesPerSecond: UInt64 = 125_000_000
        package var idleSeconds: UInt64 = 600
    }

    package struct Probe: Equatable, Sendable {
        package var path = ""
        package var timeoutSeconds: UInt64 = 60
        package var intervalSeconds: UInt64 = 3_600
    }

    package struct Benchmark: Equatable, Sendable {
        package var enabled = true
        package var seconds: UInt64 = 6
        package var directory = ""
        package var bytesMax: UInt64 = 256 << 20
    }

    package struct Offer: Equatable, Sendable {
        package var region = ""
        package var coresReserved: UInt64 = 0
        package var memoryReservedBytes: UInt64 = 1 << 30
        package var storageBytes: UInt64 = 10 << 30
        package var leaseSecondsMin: UInt64 = 10
        package var leaseSecondsMax: UInt64 = 86_400
        package var receiptSeconds: UInt64 = 10
        package var graceSeconds: UInt64 = 60
        package var closeWindowSeconds: UInt64 = 300
        package var creditLimit = Amount(10_000_000)
        package var validSeconds: UInt64 = 86_400
        package var signSeconds: UInt64 = 300
        package var idleSeconds: UInt64 = 900
        package var allow: [Address] = []
        package var deny: [Address] = []
    }

    package struct Price: Equatable, Sendable {
        package var leaseHour = Amount(0)
        package var coreHour = Amount(40_000_000)
        package var memoryGiBHour = Amount(5_000_000)
        package var gpuHour = Amount(0)
        package var storageGiBHour = Amount(100_000)
        package var egressGiB = Amount(0)
        package var reservationPercent: UInt64 = 10
    }

    package struct Job: Equatable, Sendable {
        package var runtime = "auto"
        package var sampleMilliseconds: UInt64 = 1_000
        package var stopGraceSeconds: UInt64 = 10
        package var logBytesMax: UInt64 = 64 << 20
        package var logKeep = LogKeep.end.rawValue
        package var imageBytesMax: UInt64 = 8 << 30
        package var inputBytesMax: UInt64 = 8 << 30
        package var pidsMax: UInt64 = 512
        package var cgroupBase = ""
        package var exclusiveCores = true
        package var ioBytesPerSecond: UInt64 = 0
        package var ioOperationsPerSecond: UInt64 = 0
        package var outputKeepSeconds: UInt64 = 3_600
        package var historySeconds: UInt64 = 2_592_000
        package var outputBytesMax: UInt64 = 8 << 30
        package var inputURLsAllow: [String] = []
        package var inputCertificates = ""
        package var gpus: [String] = []
    }

    package struct Image: Equatable, Sendable {
        package var allow: [String] = []
        package var deny: [String] = []
        package var authFile = ""
        package var policyFile = ""
        package var insecureRegistries: [String] = []
        package var storeBytesMax: UInt64 = 32 << 30
    }

    package struct Network: Equatable, Sendable {
        package var egressEnabled = false
        package var pool = "10.213.0.0/16"
        package var bytesPerSecond: UInt64 = 12_500_000
        package var connectionsMax: UInt64 = 4_096
        package var dnsServers: [IPv4Address] = []
        package var deny: [IPv4Network] = []
        package var allow: [IPv4Network] = []
        package var publishAddresses: [IPv4Address] = []
        package var publishPortFirst: UInt64 = 20_000
        package var publishPortLast: UInt64 = 20_999
    }

    package var agent = Agent()
    package var machine = Machine()
    package var ledger = Ledger()
    package var probe = Probe()
    package var benchmark = Benchmark()
    package var offer = Offer()
    package var price = Price()
    package var job = Job()
    package var image = Image()
    package var network = Network()
    package var relay = Relay()
    /// Amounts that the owner wrote in the ledger's currency, by the path of their key: what they come to, the ledger has to
    /// say. Until then the key has its default, which counts for nothing.
    package private(set) var typed: [String: TypedMoney] = [:]

    package init() {}

    /// Sets what an amount is that was written in a currency, or writes one so.
    package mutating func take(_ typed: TypedMoney?, at path: String) { self.typed[path] = typed }

    /// Sets a key that takes an amount to what it comes to.
    package mutating func resolve(_ amount: Amount, at path: String) {
        for key in ConfigurationKey.all where key.path == path {
            if case .amount(let place) = key.slot { self[keyPath: place] = amount }
        }
        typed[path] = nil
    }
}
