import Testing

/// A module that only some files may import, because one of them owns what it stands for.
struct SoleImport: Sendable {
    let modules: Set<String>
    /// Folders or files, in the order a reader would look.
    let homes: [String]
    let reason: String
    let remedy: String

    static let table: [SoleImport] = [
        SoleImport(
            modules: ["CLinux"], homes: ["Sources/GCXLinux/"],
            reason: "system calls are made typed and their errors named once",
            remedy: "add the call to GCXLinux with a Swift signature"),
        SoleImport(
            modules: ["CSecp256k1"], homes: ["Sources/GCXSigning/Secp256k1.swift"],
            reason: "its context and pointers have one owner", remedy: "use PrivateKey and Signature"),
        SoleImport(
            modules: ["CKeccak"], homes: ["Sources/GCXSigning/Keccak.swift"],
            reason: "a hash has one implementation", remedy: "use Keccak"),
        SoleImport(
            modules: ["CHwloc", "CPCI"], homes: ["Probes/gcx-probe/"],
            reason: "these libraries may crash or hang, and then only the probe dies",
            remedy: "let gcx-probe put what you need into the inventory"),
        SoleImport(
            modules: ["CKernels"], homes: ["Probes/gcx-probe/", "Tests/GCXBenchmarkTests/"],
            reason: "a timed loop runs in a process of its own", remedy: "ask gcx-probe for the measurement"),
        SoleImport(
            modules: ["CArchive"], homes: ["Sources/gcx-unpack/"],
            reason: "what reads a stranger's archive is nobody, and then only that process dies",
            remedy: "add a verb to Unpacker"),
        SoleImport(
            modules: ["GRDB"],
            homes: [
                "Sources/GCXLedgerSQLite/", "Sources/GCXAgent/Store/", "Tests/GCXLedgerTests/", "Tests/GCXAgentTests/",
            ],
            reason: "the ledger's file and the agent's database have one owner each, and SQL stays there",
            remedy: "add a verb to SQLiteLedger or AgentStore"),
        SoleImport(
            modules: ["Configuration"], homes: ["Sources/GCXConfig/SourceProviders.swift"],
            reason: "where values come from is one file's business, and its name is that of our own type",
            remedy: "ask ConfigurationSources"),
        SoleImport(
            modules: ["TOMLKit"], homes: ["Sources/GCXConfig/"],
            reason: "the format of the file is no business of others",
            remedy: "take the value from Configuration"),
        SoleImport(
            modules: ["CryptoExtras"], homes: ["Sources/GCXSigning/Keystore/"],
            reason: "keys are stretched for keystores only", remedy: "use Keystore"),
        SoleImport(
            modules: ["Hummingbird", "HummingbirdCore"], homes: ["Sources/GCXServer/"],
            reason: "what is served over HTTP is decided in one place", remedy: "add a route to GCXServer"),
        SoleImport(
            modules: ["AsyncHTTPClient"], homes: ["Sources/GCXClient/", "Tests/Fuzz/Entries/Downloads.swift"],
            reason: "what is asked over HTTP is decided in one place", remedy: "go through AgentClient or HTTPLedger"),
        SoleImport(
            modules: ["NIOSSL", "NIOTLS", "X509", "SwiftASN1"],
            homes: ["Sources/GCXTransport/", "Tests/GCXTransportTests/"],
            reason: "who is believed to be at the other end is decided in one place",
            remedy: "take a ServerIdentity or a Handshake"),
        SoleImport(
            modules: ["HTTPTypes", "NIOHTTP1"],
            homes: [
                "Sources/GCXWire/", "Sources/GCXClient/", "Sources/GCXServer/", "Tests/APITests/",
                "Tests/Fuzz/Entries/",
            ],
            reason: "HTTP is known where it is spoken", remedy: "go through AgentOperations or Ledger"),
        SoleImport(
            modules: ["NIOCore"],
            homes: [
                "Sources/GCXTransport/", "Tests/GCXTransportTests/", "Sources/GCXWire/", "Sources/GCXClient/",
                "Sources/GCXServer/", "Sources/GCXRelay/", "Tests/APITests/", "Tests/GCXRelayTests/",
                "Tests/Fuzz/Entries/Downloads.swift", "Tests/Integration/Reach/HostileRelay.swift",
            ],
            reason: "connections and their clock are handled in one place",
            remedy: "go through AgentClient or HTTPLedger"),
        SoleImport(
            modules: ["NIOPosix"],
            homes: [
                "Sources/GCXTransport/", "Tests/GCXTransportTests/", "Sources/GCXWire/", "Sources/GCXClient/",
                "Sources/GCXRelay/", "Tests/APITests/", "Tests/Integration/Reach/HostileRelay.swift",
            ],
            reason: "threads that wait for sockets are started in one place", remedy: "take the group from GCXServer"),
        SoleImport(
            modules: ["NIOHTTP2", "NIOHPACK"], homes: ["Sources/GCXRelay/"],
            reason: "streams over one connection are how a machine is reached through a relay, and nothing else",
            remedy: "take the bytes from RelayLink"),
        SoleImport(
            modules: ["ArgumentParser"], homes: ["Sources/gcx/"], reason: "options are the command line's",
            remedy: "take the value as an argument"),
        SoleImport(
            modules: ["UnixSignals"], homes: ["Sources/gcx/"],
            reason: "only a program decides what a signal does to it",
            remedy: "take the stop as a call or a cancelled task"),
        SoleImport(
            modules: ["ServiceLifecycle"],
            homes: [
                "Sources/GCXAgent/", "Sources/GCXServer/", "Sources/GCXRelay/", "Sources/gcx/", "Tests/APITests/",
            ],
            reason: "only services have a start and a stop", remedy: "be a function that a service calls"),
        SoleImport(
            modules: ["Logging"],
            homes: [
                "Sources/GCXAgent/", "Sources/GCXServer/", "Sources/GCXRelay/", "Sources/gcx/", "Tests/APITests/",
                "Tests/GCXAgentTests/", "Tests/GCXRelayTests/", "Tests/Integration/",
            ],
            reason: "what is worth a line is decided by services", remedy: "throw, or return what happened"),
        SoleImport(
            modules: ["Crypto"],
            homes: [
                "Sources/GCXSigning/", "Sources/GCXTransport/", "Tests/GCXTransportTests/", "Sources/GCXLedger/",
                "Sources/GCXJobLog/", "Sources/GCXAgent/",
                "Sources/GCXLinux/SHA256Hex.swift",
                "Probes/gcx-probe/BenchCrypto.swift", "Tests/Integration/Reach/HostileRelayTests.swift",
            ],
            reason: "each digest has a type that says what it covers",
            remedy: "use the digest of the document, or give that module one more"),
    ]

    static func violations(_ files: [SwiftFile], _ table: [SoleImport]) -> [Violation] {
        files.flatMap { file in
            Import.all(file).compactMap { use in
                guard let rule = table.first(where: { $0.modules.contains(use.module) }),
                    !rule.homes.contains(where: file.path.hasPrefix)
                else { return nil }
                return Violation(
                    path: file.path, line: use.line, finding: "imports \(use.module)",
                    reason: "only \(rule.homes.joined(separator: ", ")) may, because \(rule.reason)",
                    remedy: rule.remedy)
            }
        }
    }

    /// Homes where nobody imports any of the modules: the row promises what is not so.
    static func empty(_ files: [SwiftFile], _ table: [SoleImport]) -> [Violation] {
        table.flatMap { rule in
            rule.homes.filter { home in
                !files.contains { file in
                    file.path.hasPrefix(home) && Import.all(file).contains { rule.modules.contains($0.module) }
                }
            }.map {
                Violation(
                    path: $0, line: 0, finding: "imports none of \(rule.modules.sorted().joined(separator: ", "))",
                    reason: "so it is not their home", remedy: "remove it from the row in SoleImporters.swift")
            }
        }
    }
}

@Suite("Sole importers")
struct SoleImportTests {
    private let table = SoleImport.table.filter { $0.modules.contains("GRDB") }

    @Test("a stranger is found, the homes are not")
    func strangers() {
        let text = "import GCXModel\nimport GRDB"
        let paths = ["Sources/GCXLedgerSQLite/A.swift", "Sources/GCXAgent/Store/B.swift", "Sources/GCXAgent/C.swift"]
        let found = SoleImport.violations(paths.map { SwiftFile($0, text) }, table)
        #expect(found.map(\.path) == ["Sources/GCXAgent/C.swift"])
        #expect(found.first?.description.hasPrefix("Sources/GCXAgent/C.swift:2: imports GRDB; only Sources/") == true)
    }

    @Test("a home where nobody imports is found")
    func emptyHomes() {
        let files = table[0].homes.map { SwiftFile("\($0)A.swift", "import GRDB") }
        #expect(SoleImport.empty(files, table).isEmpty)
        #expect(SoleImport.empty(Array(files.dropFirst()), table).map(\.path) == [table[0].homes[0]])
    }

    @Test("every module of a package or of C has a row")
    func complete() {
        let walls = ModuleRow.table.filter { $0.layer == .walls }.map(\.name)
        let foreign = ModuleRow.table.reduce(into: Set(walls)) { $0.formUnion($1.packages) }
        #expect(foreign.subtracting(SoleImport.table.reduce(into: Set()) { $0.formUnion($1.modules) }) == [])
    }

    @Test("each outside thing of this tree is imported at home only")
    func tree() throws {
        let files = try SourceTree.real.get().swiftFiles
        expectNone(SoleImport.violations(files, SoleImport.table))
        expectNone(SoleImport.empty(files, SoleImport.table))
    }
}
