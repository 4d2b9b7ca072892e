// swift-tools-version: 6.2
// The map of the project: targets stand by layer, and a target only ever depends on those above it.
// ARCHITECTURE.md says why each dependency is here; Tests/Tidy checks the imports against this picture.
import PackageDescription

/// What every Swift target is held to: a warning is an error, and an existential says `any`.
let plain: [SwiftSetting] = [.treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny")]
/// What the tests are held to besides: a file shows others only what its own declarations need. They look into the C library's
/// structs, whose home is now Glibc, now another module that includes the same header, as the compiler loads them; so no rule about
/// members can be held to there.
let modern = plain + [.enableUpcomingFeature("InternalImportsByDefault")]
/// What runs besides: a file imports what it uses, and each place where memory is safe by our own care alone says `unsafe`.
let strict = modern + [.enableUpcomingFeature("MemberImportVisibility"), .strictMemorySafety()]
/// Where nothing but the C library's structs is spoken of, no rule about imports holds in both configurations.
let strictBesideC = plain + [.strictMemorySafety()]
let strictC: [CSetting] = [.treatAllWarnings(as: .error), .define("_GNU_SOURCE")]

func swift(
    _ name: String, _ dependencies: [Target.Dependency], path: String? = nil, settings: [SwiftSetting] = strict
) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []
) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: modern)
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let toml: Target.Dependency = .product(name: "TOMLKit", package: "TOMLKit")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

// Values: no I/O, no clock, no C.
let values: [Target] = [
    swift("GCXModel", []),
    swift("GCXJSON", []),
]

// Rules: pure functions over values.
let rules: [Target] = [
    .target(name: "CKeccak", cSettings: strictC),
    .systemLibrary(
        name: "CSecp256k1", path: "Sources/CSecp256k1", pkgConfig: "libsecp256k1",
        providers: [.apt(["libsecp256k1-dev"])]),
    swift("GCXSigning", ["GCXJSON", "GCXModel", "CKeccak", "CSecp256k1", crypto, cryptoExtras]),
    swift("GCXPricing", ["GCXModel"]),
    swift("GCXMetering", ["GCXModel", "GCXPricing"]),
    swift("GCXMarket", ["GCXModel", "GCXPricing"]),
]

// Ports and adapters: each knows one thing outside the process.
let adapters: [Target] = [
    .target(name: "CLinux", cSettings: strictC),
    swift("GCXLinux", ["GCXModel", "CLinux", crypto], settings: strictBesideC),
    swift("GCXHardware", ["GCXModel", "GCXLinux"]),
    swift("GCXBenchmark", ["GCXJSON", "GCXModel"]),
    swift("GCXJobLog", ["GCXModel", "GCXLinux", crypto]),
    swift("GCXSandbox", ["GCXJSON", "GCXModel", "GCXLinux", "GCXJobLog"]),
    swift("GCXLedger", ["GCXJSON", "GCXPricing", "GCXModel", "GCXSigning", "GCXMarket", crypto]),
    swift("GCXLedgerSQLite", ["GCXLedger", "GCXLinux", "GCXModel", "GCXSigning", grdb]),
    swift("GCXConfig", ["GCXModel", configuration, toml]),
    swift("GCXHelper", ["GCXJSON", "GCXModel", "GCXLinux", "GCXSandbox", "GCXConfig"]),
    swift(
        "GCXTransport",
        ["GCXJSON", "GCXModel", "GCXSigning", crypto, x509, asn1, nioCore, nioPosix, nioSSL, nioTLS]),
    swift(
        "GCXWire",
        ["GCXJSON", "GCXModel", "GCXSigning", "GCXLinux", "GCXJobLog", "GCXLedger", httpTypes, nioCore, nioPosix]),
    swift(
        "GCXClient",
        [
            "GCXModel", "GCXSigning", "GCXLinux", "GCXJobLog", "GCXLedger", "GCXTransport", "GCXWire", httpClient,
            httpTypes, nioCore, nioPosix, nioHTTP1,
        ]),
]

// Services: the owner's side, which is the agent and its server, and the buyer's.
let services: [Target] = [
    swift(
        "GCXAgent",
        [
            "GCXJSON",
            "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLinux", "GCXHardware",
            "GCXBenchmark", "GCXJobLog", "GCXSandbox", "GCXLedger", "GCXWire", crypto, grdb, logging, lifecycle,
        ]),
    swift(
        "GCXServer",
        [
            "GCXModel", "GCXSigning", "GCXLinux", "GCXLedger", "GCXTransport", "GCXWire", "GCXAgent", hummingbird,
            hummingbirdCore, httpTypes,
            nioCore, nioHTTP1, logging, lifecycle,
        ]),
    swift(
        "GCXRelay",
        [
            "GCXJSON", "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLinux", "GCXLedger",
            "GCXWire", nioCore, nioPosix, nioHTTP2, nioHPACK, logging, lifecycle,
        ]),
    swift(
        "GCXBuyer",
        ["GCXModel", "GCXSigning", "GCXMetering", "GCXMarket", "GCXLinux", "GCXJobLog", "GCXWire"]),
]

// Programs.
let programs: [Target] = [
    .executableTarget(
        name: "gcx",
        dependencies: [
            "GCXJSON",
            "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLinux", "GCXHardware",
            "GCXBenchmark", "GCXJobLog", "GCXSandbox", "GCXLedger", "GCXLedgerSQLite", "GCXConfig", "GCXWire",
            "GCXClient", "GCXTransport", "GCXHelper",
            "GCXAgent", "GCXServer", "GCXRelay", "GCXBuyer", arguments, logging, lifecycle, unixSignals,
        ], swiftSettings: strict),
    .executableTarget(
        name: "gcx-supervisor", dependencies: ["GCXSandbox", "GCXLinux"], swiftSettings: strict,
        // One is started for every job: linked as one piece it begins 3 ms sooner, and it needs no Swift on the machine.
        linkerSettings: [
            .unsafeFlags(["-static-executable"], .when(configuration: .release)),
            .linkedLibrary("_FoundationCShims", .when(configuration: .release)),
            .linkedLibrary("_FoundationCollections", .when(configuration: .release)),
            .linkedLibrary("swiftSynchronization", .when(configuration: .release)),
        ]),
    .executableTarget(
        name: "gcx-helper",
        dependencies: ["GCXModel", "GCXLinux", "GCXHardware", "GCXSandbox", "GCXConfig", "GCXHelper"],
        swiftSettings: strict),
    .systemLibrary(
        name: "CArchive", path: "Sources/CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .executableTarget(
        name: "gcx-unpack", dependencies: ["GCXModel", "GCXSandbox", "GCXLinux", "CArchive"],
        swiftSettings: strictBesideC),
]

// The probe: native libraries that may crash or hang live in a child process.
let probe: [Target] = [
    .systemLibrary(
        name: "CHwloc", path: "Probes/CHwloc", pkgConfig: "hwloc", providers: [.apt(["libhwloc-dev"])]),
    .systemLibrary(name: "CPCI", path: "Probes/CPCI", pkgConfig: "libpci", providers: [.apt(["libpci-dev"])]),
    .target(
        name: "CKernels", path: "Probes/CKernels",
        // A kernel is timed: it is optimised in every configuration, so that a debug build gives the same figure.
        cSettings: strictC + [.unsafeFlags(["-O3"])]),
    .executableTarget(
        name: "gcx-probe",
        dependencies: [
            "GCXJSON",
            "GCXModel", "GCXHardware", "GCXBenchmark", "CHwloc", "CPCI", "CKernels", crypto,
        ],
        path: "Probes/gcx-probe",
        swiftSettings: strict),
]

let testing: [Target] = [
    .target(
        name: "Support", dependencies: ["GCXModel", "GCXSigning", "GCXLinux", "GCXJobLog", "GCXSandbox", "GCXLedger"],
        path: "Tests/Support",
        swiftSettings: modern),
    .target(name: "CStep", path: "Tests/CStep", cSettings: strictC),
    .target(
        name: "Hostile", dependencies: ["GCXModel", "GCXJobLog", "GCXSandbox", "GCXLinux"], path: "Tests/Hostile",
        exclude: ["Senders", "README.md"], swiftSettings: modern),
    swift(
        "Senders",
        ["GCXModel", "GCXSigning", "GCXMarket", "GCXLinux", "GCXJobLog", "GCXLedger", "GCXWire"],
        path: "Tests/Hostile/Senders"),
    .executableTarget(
        name: "gcx-attack", dependencies: ["GCXModel", "GCXSandbox", "GCXLinux", "Hostile", "GCXJobLog"],
        path: "Tests/Attack",
        swiftSettings: modern),
    .executableTarget(
        name: "job-bench", dependencies: ["GCXModel", "GCXSandbox", "GCXLinux"], path: "Tests/Benchmarks/Jobs",
        swiftSettings: modern),
    .executableTarget(
        name: "reach-bench",
        dependencies: [
            "GCXModel", "GCXSigning", "GCXLinux", "GCXWire", "GCXTransport", "GCXClient", "GCXRelay",
        ],
        path: "Tests/Benchmarks/Reach", swiftSettings: modern),
    tests("GCXModelTests", ["GCXJSON", "GCXModel"]),
    tests("GCXSigningTests", ["GCXSigning", "GCXModel", "GCXLedger"]),
    tests("GCXPricingTests", ["GCXPricing", "GCXModel", "GCXLinux"]),
    tests("GCXMeteringTests", ["GCXMetering", "GCXModel", "GCXPricing"]),
    tests("GCXMarketTests", ["GCXMarket", "GCXModel", "GCXPricing", "Support"]),
    tests("GCXLinuxTests", ["GCXLinux", "GCXModel"]),
    tests("GCXHardwareTests", ["GCXHardware", "GCXModel", "gcx-probe"]),
    tests("GCXBenchmarkTests", ["GCXBenchmark", "GCXModel", "CKernels", "CStep", "gcx-probe"]),
    tests(
        "GCXSandboxTests",
        [
            "GCXSandbox", "GCXLinux", "GCXJobLog", "GCXModel", "GCXHelper", "Hostile", "Support", "gcx-supervisor",
            "gcx-unpack",
        ]),
    tests("GCXHelperTests", ["GCXHelper", "GCXConfig", "GCXSandbox", "GCXLinux", "GCXModel", "Support"]),
    tests("GCXLedgerTests", ["GCXLedger", "GCXLedgerSQLite", "GCXModel", "GCXSigning", "Support", grdb]),
    tests("GCXConfigTests", ["GCXConfig", "GCXModel"]),
    tests(
        "GCXTransportTests",
        ["GCXTransport", "GCXSigning", "GCXModel", "GCXLinux", crypto, nioCore, nioEmbedded, nioPosix, nioTLS]),
    tests(
        "GCXAgentTests",
        [
            grdb,
            "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXBenchmark", "GCXLinux",
            "GCXJobLog", "GCXSandbox", "GCXLedger", "GCXLedgerSQLite", "GCXWire", "GCXAgent", "Support", "gcx-unpack",
            logging,
        ]),
    tests(
        "Simulation",
        ["GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLedger", "GCXAgent", "Support"],
        path: "Tests/Simulation"),
    tests(
        "APITests",
        [
            nioHTTP1, httpTypes, nioEmbedded,
            "GCXWire", "GCXClient", "GCXServer", "GCXBuyer", "GCXModel", "GCXSigning", "GCXMetering", "GCXLinux",
            "GCXJobLog", "GCXLedger", "GCXLedgerSQLite", "GCXAgent", "Support", nioCore, nioPosix, logging, lifecycle,
            "GCXTransport",
        ]),
    tests(
        "GCXRelayTests",
        [
            "GCXRelay", "GCXModel", "GCXSigning", "GCXLedger", "GCXLedgerSQLite", "GCXLinux", "GCXWire",
            "Support", nioCore, nioEmbedded, logging,
        ]),
    tests(
        "CommandTests",
        [
            "gcx", "GCXConfig", "GCXModel", "GCXLinux", "GCXJobLog", "GCXSigning", "GCXMarket", "GCXLedger", "GCXWire",
            "GCXClient",
            "GCXBuyer", "Support",
        ]),
    tests(
        "Integration",
        [
            "GCXModel", "GCXSigning", "GCXMarket", "GCXLinux", "GCXSandbox", "GCXLedger", "GCXLedgerSQLite", "GCXWire",
            "GCXClient", "GCXAgent", "GCXTransport", "Senders", "gcx", "gcx-supervisor", "gcx-helper", "gcx-probe",
            "gcx-unpack", "Support", crypto, nioCore, nioPosix, logging,
        ],
        path: "Tests/Integration", exclude: ["second_client.py"]),
    tests("Tidy", [], path: "Tests/Tidy"),
    // What the fuzzers of Tests/Fuzz call, and the inputs they keep; the fuzzers themselves are a package of their own.
    tests(
        "FuzzTests",
        [
            nioHTTP1,
            "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLinux", "GCXHardware",
            "GCXBenchmark", "GCXJobLog", "GCXSandbox", "GCXLedger", "GCXWire", "GCXClient", "GCXAgent", "GCXHelper",
            "Support",
            "Senders", "gcx-unpack", httpClient, nioCore, "GCXRelay", "GCXBuyer",
        ],
        path: "Tests/Fuzz/Entries"),
]

// `make simulate` names a target of which nothing but what it needs is built: a release build of all tests takes long.
let all = values + rules + adapters + services + programs + probe + testing
let wanted = Context.environment["GCX_ONLY"].map { needs(of: [$0], among: all) }

func needs(of names: Set<String>, among all: [Target]) -> Set<String> {
    let found = all.filter { names.contains($0.name) }.flatMap(\.dependencies).compactMap { dependency -> String? in
        if case .byNameItem(let name, _) = dependency { name } else { nil }
    }
    return names.isSuperset(of: found) ? names : needs(of: names.union(found), among: all)
}

let package = Package(
    name: "gcx",
    products: wanted != nil
        ? []
        : [
            .executable(name: "gcx", targets: ["gcx"]),
            .executable(name: "gcx-supervisor", targets: ["gcx-supervisor"]),
            .executable(name: "gcx-helper", targets: ["gcx-helper"]),
            .executable(name: "gcx-probe", targets: ["gcx-probe"]),
            .executable(name: "gcx-unpack", targets: ["gcx-unpack"]),
        ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        // Only its environment and its providers in memory: the file is TOML, which it does not read.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: all.filter { wanted?.contains($0.name) ?? true },
    swiftLanguageModes: [.v6]
)
