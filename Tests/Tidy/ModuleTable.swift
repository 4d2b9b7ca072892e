/// The layers, lowest first. Who is in one may import what is in it further up this file, and what is in a lower one.
enum Layer: Int, Sendable { case walls, values, rules, adapters, services, programs }

/// A module of the project and what it may import. This table, the dependencies in Package.swift and the imports of the
/// files agree, or a test fails; ARCHITECTURE.md tells the reasons.
struct ModuleRow: Sendable {
    let name: String
    let layer: Layer
    /// Modules of the project.
    let modules: Set<String>
    /// Modules of packages.
    let packages: Set<String>
    /// Whether it does without Foundation, Glibc and the like, and so without I/O and clocks.
    let isPure: Bool

    private init(
        _ layer: Layer, _ name: String, _ modules: Set<String> = [], packages: Set<String> = [], isPure: Bool = false
    ) {
        self.name = name
        self.layer = layer
        self.modules = modules
        self.packages = packages
        self.isPure = isPure
    }

    /// What comes with the compiler or the system.
    static let platform: Set<String> = ["Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization"]

    static let table: [ModuleRow] = [
        ModuleRow(.walls, "CKeccak"),
        ModuleRow(.walls, "CSecp256k1"),
        ModuleRow(.walls, "CLinux"),
        ModuleRow(.walls, "CHwloc"),
        ModuleRow(.walls, "CPCI"),
        ModuleRow(.walls, "CKernels"),
        ModuleRow(.walls, "CArchive"),

        ModuleRow(.values, "GCXModel", isPure: true),
        ModuleRow(.values, "GCXJSON"),

        ModuleRow(
            .rules, "GCXSigning", ["GCXJSON", "GCXModel", "CKeccak", "CSecp256k1"],
            packages: ["Crypto", "CryptoExtras"]),
        ModuleRow(.rules, "GCXPricing", ["GCXModel"], isPure: true),
        ModuleRow(.rules, "GCXMetering", ["GCXModel", "GCXPricing"], isPure: true),
        ModuleRow(.rules, "GCXMarket", ["GCXModel", "GCXPricing"], isPure: true),

        ModuleRow(.adapters, "GCXLinux", ["GCXModel", "CLinux"], packages: ["Crypto"]),
        ModuleRow(.adapters, "GCXHardware", ["GCXModel", "GCXLinux"]),
        ModuleRow(.adapters, "GCXBenchmark", ["GCXJSON", "GCXModel"]),
        ModuleRow(.adapters, "GCXJobLog", ["GCXModel", "GCXLinux"], packages: ["Crypto"]),
        ModuleRow(.adapters, "GCXSandbox", ["GCXJSON", "GCXModel", "GCXLinux", "GCXJobLog"]),
        ModuleRow(
            .adapters, "GCXLedger", ["GCXJSON", "GCXModel", "GCXSigning", "GCXPricing", "GCXMarket"],
            packages: ["Crypto"]),
        ModuleRow(
            .adapters, "GCXLedgerSQLite", ["GCXLedger", "GCXLinux", "GCXModel", "GCXSigning"], packages: ["GRDB"]),
        ModuleRow(.adapters, "GCXConfig", ["GCXModel"], packages: ["Configuration", "TOMLKit"]),
        ModuleRow(.adapters, "GCXHelper", ["GCXJSON", "GCXModel", "GCXLinux", "GCXSandbox", "GCXConfig"]),
        ModuleRow(
            .adapters, "GCXTransport", ["GCXJSON", "GCXModel", "GCXSigning"],
            packages: ["Crypto", "X509", "SwiftASN1", "NIOCore", "NIOPosix", "NIOSSL", "NIOTLS"]),
        ModuleRow(
            .adapters, "GCXWire", ["GCXJSON", "GCXModel", "GCXSigning", "GCXLinux", "GCXJobLog", "GCXLedger"],
            packages: ["HTTPTypes", "NIOCore", "NIOPosix"]),
        ModuleRow(
            .adapters, "GCXClient",
            ["GCXModel", "GCXSigning", "GCXLinux", "GCXJobLog", "GCXLedger", "GCXTransport", "GCXWire"],
            packages: ["AsyncHTTPClient", "HTTPTypes", "NIOCore", "NIOPosix", "NIOHTTP1"]),

        ModuleRow(
            .services, "GCXAgent",
            [
                "GCXJSON",
                "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLinux", "GCXHardware",
                "GCXBenchmark", "GCXJobLog", "GCXSandbox", "GCXLedger", "GCXWire",
            ], packages: ["Crypto", "GRDB", "Logging", "ServiceLifecycle"]),
        ModuleRow(
            .services, "GCXServer",
            ["GCXModel", "GCXSigning", "GCXLinux", "GCXLedger", "GCXTransport", "GCXWire", "GCXAgent"],
            packages: [
                "Hummingbird", "HummingbirdCore", "HTTPTypes", "NIOCore", "NIOHTTP1",
                "Logging", "ServiceLifecycle",
            ]),
        ModuleRow(
            .services, "GCXRelay",
            [
                "GCXJSON", "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLinux", "GCXLedger",
                "GCXWire",
            ],
            packages: ["NIOCore", "NIOPosix", "NIOHTTP2", "NIOHPACK", "Logging", "ServiceLifecycle"]),
        ModuleRow(
            .services, "GCXBuyer",
            ["GCXModel", "GCXSigning", "GCXMetering", "GCXMarket", "GCXLinux", "GCXJobLog", "GCXWire"]),

        ModuleRow(
            .programs, "gcx",
            [
                "GCXJSON",
                "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLinux", "GCXHardware",
                "GCXBenchmark", "GCXJobLog", "GCXSandbox", "GCXLedger", "GCXLedgerSQLite", "GCXConfig", "GCXWire",
                "GCXClient", "GCXTransport", "GCXHelper", "GCXAgent", "GCXServer", "GCXRelay", "GCXBuyer",
            ], packages: ["ArgumentParser", "Logging", "ServiceLifecycle", "UnixSignals"]),
        ModuleRow(.programs, "gcx_supervisor", ["GCXSandbox", "GCXLinux"]),
        ModuleRow(
            .programs, "gcx_helper",
            ["GCXModel", "GCXLinux", "GCXHardware", "GCXSandbox", "GCXConfig", "GCXHelper"]),
        ModuleRow(.programs, "gcx_unpack", ["GCXModel", "GCXSandbox", "GCXLinux", "CArchive"]),
        ModuleRow(
            .programs, "gcx_probe",
            ["GCXJSON", "GCXModel", "GCXHardware", "GCXBenchmark", "CHwloc", "CPCI", "CKernels"],
            packages: ["Crypto"]),
    ]
}
