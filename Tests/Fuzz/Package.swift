// swift-tools-version: 6.2
// The fuzzers, as a package of their own: the same sources as the programs', built once more with the marks that tell
// libFuzzer where a run has been. `make fuzz` builds and runs it; the root package never does. README.md says how.
import PackageDescription

// Entries look at what is internal too, and a release build forgets that unless it is asked.
let marked: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing"])]
let gnu: [CSetting] = [.define("_GNU_SOURCE")]

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Modules/\(name)", swiftSettings: marked)
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")

let package = Package(
    name: "gcx",
    dependencies: [.package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")],
    targets: [
        module("GCXModel", []),
        .target(name: "CKeccak", path: "Modules/CKeccak", cSettings: gnu),
        .systemLibrary(name: "CSecp256k1", path: "Modules/CSecp256k1", pkgConfig: "libsecp256k1"),
        module("GCXSigning", ["GCXModel", "CKeccak", "CSecp256k1", crypto, cryptoExtras]),
        module("GCXPricing", ["GCXModel"]),
        module("GCXMetering", ["GCXModel", "GCXPricing"]),
        module("GCXMarket", ["GCXModel", "GCXPricing"]),
        .target(name: "CLinux", path: "Modules/CLinux", cSettings: gnu),
        module("GCXLinux", ["GCXModel", "CLinux"]),
        module("GCXHardware", ["GCXModel", "GCXLinux"]),
        module("GCXBenchmark", ["GCXModel"]),
        module("GCXSandbox", ["GCXModel", "GCXLinux", crypto]),
        module("GCXLedger", ["GCXModel", "GCXSigning", "GCXPricing", crypto]),
        .target(name: "Support", dependencies: ["GCXModel", "GCXSigning", "GCXLedger"], path: "Support"),
        .target(
            name: "Entries",
            dependencies: [
                "GCXModel", "GCXSigning", "GCXPricing", "GCXMetering", "GCXMarket", "GCXLinux", "GCXHardware",
                "GCXBenchmark", "GCXSandbox", "GCXLedger", "Support",
            ],
            path: "Entries", exclude: ["ReplayTests.swift"], swiftSettings: marked),
        .target(name: "CFuzzer", path: "CFuzzer"),
        .executableTarget(
            name: "gcx-fuzz", dependencies: ["Entries", "CFuzzer"], path: "Driver",
            // gold, the default, ends on the debug information of the sanitizer's library.
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"]), .linkedLibrary("stdc++")]),
    ],
    swiftLanguageModes: [.v6]
)
