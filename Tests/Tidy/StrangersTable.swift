/// Which files read what strangers send, and which do not.
extension Strangers {
    /// Where they are, and what is read there. A path that ends in `/` is a folder with all that is in it, so that a new file
    /// is one of them until somebody says that it is none.
    static let reading: [String: String] = [
        "Probes/gcx-probe/BenchPeer.swift": "what the other end of a measured network says",
        "Probes/gcx-probe/HwlocTopology+Devices.swift": "exports of other machines, through hwloc",
        "Probes/gcx-probe/HwlocTopology+Shape.swift": "exports of other machines, through hwloc",
        "Probes/gcx-probe/HwlocTopology.swift": "exports of other machines, through hwloc",
        "Probes/gcx-probe/InventoryCollector.swift": "files of other machines, and what devices say of themselves",
        "Probes/gcx-probe/InventoryCommand.swift": "files of other machines",
        "Probes/gcx-probe/OpenMachineFolder.swift": "files of other machines",
        "Probes/gcx-probe/PCILibrary.swift": "what devices say of themselves, through libpci",
        "Probes/gcx-probe/PeerCommand.swift": "what the other end of a measured network says",
        "Sources/GCXAgent/": "requests, leases, vouchers and uploads of anybody, and what an agent answers",
        "Sources/GCXBenchmark/": "reports of other machines, and what their peers say",
        "Sources/GCXBuyer/": "receipts and logs of a machine, and journals",
        "Sources/GCXClient/": "answers of anybody",
        "Sources/GCXHardware/": "what a probe says, tables of the kernel, and files of other machines",
        "Sources/GCXHelper/": "requests of an agent that strangers may have taken over",
        "Sources/GCXJobLog/": "logs of jobs",
        "Sources/GCXLedger/": "documents and proofs of anybody",
        "Sources/GCXLedgerSQLite/": "journals, which hold documents of anybody",
        "Sources/GCXLinux/": "tables of the kernel about jobs, and files that jobs and helpers leave",
        "Sources/GCXMarket/": "offers, demands, leases and ratings of anybody",
        "Sources/GCXMetering/": "receipts of a machine, and the counters of a job",
        "Sources/GCXModel/": "all documents, JSON and texts that come from outside",
        "Sources/GCXPricing/": "amounts, rates and use in documents of anybody",
        "Sources/GCXRelay/": "handshakes and registrations of anybody, and what passes between strangers",
        "Sources/GCXSandbox/": "images and outputs of jobs, and what tools and helpers say of them",
        "Sources/GCXServer/": "requests and connections of anybody",
        "Sources/GCXSigning/": "keystores, addresses and signatures of anybody",
        "Sources/GCXTransport/": "handshakes and certificates of anybody",
        "Sources/GCXWire/": "requests and answers of anybody",
        "Sources/gcx-helper/": "orders of an agent that strangers may have taken over",
        "Sources/gcx-supervisor/": "orders, and what a job says",
        "Sources/gcx-unpack/": "archives of anybody",
        "Sources/gcx/": "answers of agents and ledgers, and files of anybody",
    ]

    /// The others, and why nothing of a stranger comes there. A folder stands for the files that lie in it and not for its
    /// folders, so that nothing new gets in here unseen.
    static let own: [String: String] = [
        "Probes/gcx-probe/": "benchmarks that measure this machine, in a child whose end harms nobody",
        "Sources/GCXConfig/": "the owner's own file, each of whose numbers has its bounds",
        "Sources/GCXJSON/": "values of ours, which are written and not read",
        "Sources/gcx/Commands/Demo/": "a play with owner, buyer, ledger and job of its own",
    ]

    /// Which files read what strangers send, and which do not. The longest row that fits a file holds.
    struct Table {
        let reading: [String: String]
        let own: [String: String]

        static let real = Table(reading: Strangers.reading, own: Strangers.own)

        enum Row: Equatable {
            case reading(String)
            case own(String)
        }

        var keys: [String] { Array(reading.keys) + Array(own.keys) }

        func row(of path: String) -> Row? {
            key(of: path).flatMap { key in reading[key].map { .reading($0) } ?? own[key].map { .own($0) } }
        }

        func key(of path: String) -> String? {
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) }
            let wide = reading.keys.filter { $0 == path || ($0.hasSuffix("/") && path.hasPrefix($0)) }
            return (wide + own.keys.filter { $0 == path || $0 == folder }).max { $0.count < $1.count }
        }
    }
}
