// swift-tools-version: 6.2
// The fuzzers, as a package of their own: the same sources as the programs', built once more with the marks that tell
// libFuzzer where a run has been. `make fuzz` builds and runs it; the root package never does. README.md says how.
import PackageDescription

// Entries look at what is internal too, and a release build forgets that unless it is asked.
let marked: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing"])]
// What an import shows others means the same here as in the root package.
let modern: [SwiftSetting] = [.enableUpcomingFeature("InternalImportsByDefault")]
let strict = marked + modern + [.enableUpcomingFeature("MemberImportVisibility")]
let gnu: [CSetting] = [.define("_GNU_SOURCE")]

func module(
    _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = strict
) -> Target {
    .target(name: name, dependencies: dependencies, path: "Modules/\(name)", swiftSettings: settings)
}

let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let toml: Target.Dependency = .product(name: "TOMLKit", package: "TOMLKit")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")

let package = Package(
    name: "gcx",
    // As in the root package.
    dependencies: [
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0", traits: []),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        module("GCXModel", []),
        module("GCXJSON", []),
        .target(name: "CKeccak", path: "Modules/CKeccak", cSettings: gnu),
        .systemLibrary(name: "CSecp256k1", path: "Modules/CSecp256k1", pkgConfig: "libsecp256k1"),
        module("GCXSigning", ["GCXJSON", "GCXModel", "CKeccak", "CSecp256k1", crypto, cryptoExtras]),
        module("GCXPricing", ["GCXModel"]),
        module("GCXMetering", ["GCXModel", "GCXPricing"]),
        module("GCXMarket", ["GCXModel", "GCXPricing"]),
        .target(name: "CLinux", path: "Modules/CLinux", cSettings: gnu),
        module("GCXLinux", ["GCXModel", "CLinux", crypto], settings: marked),
        module("GCXHardware", ["GCXModel", "GCXLinux"]),
        module("GCXBenchmark", ["GCXJSON", "GCXModel"]),
        module("GCXJobLog", ["GCXModel", "GCXLinux", crypto]),
        module("GCXSandbox", ["GCXJSON", "GCXModel", "GCXLinux", "GCXJobLog"]),
        module("GCXConfig", ["GCXModel", configuration, toml]),
        module("GCXHelper", ["GCXJSON", "GCXModel", "GCXLinux", "GCXSandbox", "GCXConfig"]),
        module("GCXLedger", ["GCXJSON", "GCXPricing", "GCXModel", "GCXSigning", "GCXMarket", crypto]),
        module(
            "GCXTransport",
            ["GCXJSON", "GCXModel", "GCXSigning", crypto, x509, asn1, nioCore, nioPosix, nioSSL, nioTLS]),
        module(
            "GCXWire",
            ["GCXJSON", "GCXModel", "GCXSigning", "GCXLinux", "GCXJobLog", "GCXLedger", httpTypes, nioCore, nioPosix]),
        module(
            "GCXClient",
            [
                "GCXModel", "GCXSigning", "GCXLinux", "GCXJobLog", "GCXLedger", "GCXTransport", "GCXWire", httpClient,
                httpTypes, nioCore, nioPosix, nioHTTP1,
            ]),
        module(
            "GCXAgent",
            [
                "GCXJSON",
                "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLinux", "GCXHardware",
                "GCXBenchmark", "GCXJobLog", "GCXSandbox", "GCXLedger", "GCXWire", crypto, grdb, logging, lifecycle,
            ]),
        module(
            "GCXRelay",
            [
                "GCXJSON", "GCXModel", "GCXSigning", "GCXLinux", "GCXWire", nioCore, nioPosix, nioHTTP2, nioHPACK,
                logging, lifecycle,
            ]),
        module(
            "GCXBuyer",
            ["GCXModel", "GCXSigning", "GCXMetering", "GCXMarket", "GCXLinux", "GCXJobLog", "GCXWire"]),
        .systemLibrary(name: "CArchive", path: "Modules/CArchive", pkgConfig: "libarchive"),
        // A program in the root package; here all of it but its beginning, which puts walls around the process.
        .target(
            name: "gcx-unpack", dependencies: ["GCXModel", "GCXSandbox", "GCXLinux", "CArchive"],
            path: "Modules/gcx-unpack",
            exclude: ["main.swift"], swiftSettings: marked),
        .target(
            name: "Support",
            dependencies: ["GCXModel", "GCXSigning", "GCXLinux", "GCXJobLog", "GCXSandbox", "GCXLedger"],
            path: "Support", swiftSettings: modern),
        .target(
            name: "Senders",
            dependencies: ["GCXModel", "GCXSigning", "GCXMarket", "GCXLinux", "GCXJobLog", "GCXLedger", "GCXWire"],
            path: "Senders", swiftSettings: modern),
        .target(
            name: "Entries",
            dependencies: [
                nioHTTP1,
                "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLinux", "GCXHardware",
                "GCXBenchmark", "GCXJobLog", "GCXSandbox", "GCXLedger", "GCXWire", "GCXClient", "GCXAgent", "GCXHelper",
                "Support",
                "Senders", "gcx-unpack", httpClient, nioCore, "GCXRelay", "GCXBuyer",
            ],
            path: "Entries", exclude: ["ReplayTests.swift"], swiftSettings: marked + modern),
        .target(name: "CFuzzer", path: "CFuzzer"),
        .executableTarget(
            name: "gcx-fuzz", dependencies: ["Entries", "CFuzzer"], path: "Driver",
            // gold, the default, ends on the debug information of the sanitizer's library.
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"]), .linkedLibrary("stdc++")]),
    ],
    swiftLanguageModes: [.v6]
)
