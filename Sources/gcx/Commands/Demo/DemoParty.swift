import FoundationEssentials
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// One of the three that the demonstration plays: at an address of its own, with files of its own, by the commands that people type.
struct DemoParty: Sendable {
    /// `ledger`, `provider` or `buyer`.
    let name: String
    /// One of the loopback interface. Its programs answer there, and their connections leave from there.
    let address: String
    /// Its home: what it knows lies here, or it does not know it.
    let folder: String

    init(_ name: String, _ address: String, in directory: String) throws {
        (self.name, self.address, folder) = (name, address, "\(directory)/\(name)")
        // The agent's user goes through it to what is its own.
        try Files.makeDirectories(folder, mode: 0o711)
        try DurableFile.write(Array("\(Digest.random())\n".utf8), to: path("password"))
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// All that its programs are told.
    var environment: [String: String] {
        ChildProcess.plainEnvironment.merging(["HOME": folder, "TMPDIR": folder, "GCX_SOURCE_ADDRESS": address]) { $1 }
    }

    /// A place at its address that nobody else has now.
    func freePlace() throws -> SecurePlace {
        let listener = try TCPListener(host: address, port: 0)
        guard case .secure(let place) = try Endpoint("https://\(listener.endpoint)") else {
            throw CommandError("the kernel gave no port at \(address)", fix: "Try again.")
        }
        return place
    }

    /// This very program, as the party runs it.
    func program(_ arguments: [String]) throws -> ChildProcess {
        ChildProcess(try Programs.own, arguments, environment: environment, workingDirectory: folder)
    }

    /// Does what a command line says, and answers what it said.
    @discardableResult
    func gcx(_ arguments: String...) async throws -> String { try await said(arguments) }

    /// The same, read as the JSON it is.
    func json<Value: Decodable>(_ type: Value.Type, _ arguments: String...) async throws -> Value {
        try WireJSON.answer(type, from: Array(try await said(arguments + ["--json"]).utf8))  // bounded: joins lists
    }

    private func said(_ arguments: [String]) async throws -> String {
        let program = try program(arguments)
        let outcome = try await blocking { () throws(LinuxError) in try program.outcome() }
        guard outcome.status == .exited(0) else {
            throw CommandError(
                "\(name)$ gcx \(arguments.prefix(2).joined(separator: " ")): \(outcome.errorLine)",
                fix: "Run `gcx doctor`.")
        }
        return outcome.text.filter { $0 != "\n" }
    }

    /// Makes a key of that name, cheap to unlock, for it guards play money for a minute; answers its address.
    func makeKey(_ name: String) async throws -> Address {
        let text = try await gcx("key", "new", "--light", "--out", "\(name).json", "--password-file", "password")
        return try Address(checksummed: text)
    }

    /// How a key of its own is named.
    func signing(_ name: String) -> [String] { ["--key", "\(name).json", "--password-file", "password"] }
}
