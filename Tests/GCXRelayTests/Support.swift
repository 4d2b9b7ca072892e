import Foundation
import GCXModel
import GCXRelay
import GCXSigning
import Logging
import Synchronization
import Testing

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The program `openssl`.
enum OpenSSL {
    static let path = "/usr/bin/openssl"

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs it to its end.
    static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let errors = Pipe()
        (process.standardInput, process.standardOutput, process.standardError) = (
            FileHandle.nullDevice, FileHandle.nullDevice, errors
        )
        try process.run()
        let said = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: String(decoding: said, as: UTF8.self))
        }
    }

    /// What `openssl s_client` sends first to a server that listens and says nothing.
    static func clientHello(name: String, protocols: [String] = []) throws -> [UInt8] {
        let listener = try Listener()
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments =
            ["s_client", "-connect", "127.0.0.1:\(listener.port)", "-servername", name]
            + (protocols.isEmpty ? [] : ["-alpn", protocols.joined(separator: ",")])
        (process.standardInput, process.standardOutput, process.standardError) = (
            FileHandle.nullDevice, FileHandle.nullDevice, FileHandle.nullDevice
        )
        try process.run()
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let connection = try listener.accept()
        defer { connection.close() }
        var bytes: [UInt8] = []
        while case .incomplete = ClientHello.read(bytes) {
            let more = connection.read(4_096)
            guard !more.isEmpty else { throw Failure(description: "it hung up after \(bytes.count) bytes") }
            bytes += more
        }
        return bytes
    }

    /// A key and a certificate that nobody signed, for a test server.
    static func certificate(in folder: String) throws -> (certificate: String, key: String) {
        let (certificate, key) = (folder + "/certificate.pem", folder + "/key.pem")
        try run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
            certificate, "-days", "2", "-subj", "/CN=test",
        ])
        return (certificate, key)
    }
}

/// A plain socket that listens on a free port of 127.0.0.1; blocking, for tests.
final class Listener: Sendable {
    let port: UInt16
    private let number: Int32

    init() throws {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.number = number
        var address = Listener.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, length) == 0 && listen(number, 16) == 0 && getsockname(number, $0, &length) == 0
            }
        }
        guard isBound else { throw OpenSSL.Failure(description: "errno \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(number) }

    func accept() throws -> RawConnection {
        let accepted = Glibc.accept(number, nil, nil)
        guard accepted >= 0 else { throw OpenSSL.Failure(description: "errno \(errno)") }
        return RawConnection(accepted)
    }

    /// With the port from which it came.
    func acceptNamed() throws -> (connection: RawConnection, from: UInt16) {
        var (address, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        let accepted = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.accept(number, $0, &length) }
        }
        guard accepted >= 0 else { throw OpenSSL.Failure(description: "errno \(errno)") }
        return (RawConnection(accepted), UInt16(bigEndian: address.sin_port))
    }

    static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}

/// A blocking connection; a read waits ten seconds at the most.
struct RawConnection: Sendable {
    private let number: Int32

    init(_ number: Int32) {
        self.number = number
        var time = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// - Parameter from: an address of this machine, in 127.0.0.0/8.
    init(to port: UInt16, from: UInt32 = 0x7f00_0001) throws {
        self.init(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var own = Listener.loopback(0)
        own.sin_addr.s_addr = from.bigEndian
        withUnsafePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var address = Listener.loopback(port)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw OpenSSL.Failure(description: "connect: errno \(errno)") }
    }

    /// What is there, or nothing at the end and after ten seconds.
    func read(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = recv(number, &bytes, count, 0)
        return Array(bytes.prefix(max(got, 0)))
    }

    /// Everything until the other side closes.
    func readToEnd() -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let more = read(65_536)
            if more.isEmpty { return all }
            all += more
        }
    }

    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent <= 0 { return }
            rest = rest.dropFirst(sent)
        }
    }

    func endOutput() { shutdown(number, Int32(SHUT_WR)) }

    func close() { Glibc.close(number) }
}

/// A relay in this process, with its real port.
final class RunningRelay: Sendable {
    let relay: Relay
    let port: UInt16
    private let task: Task<Void, any Error>

    /// - Parameter port: of a relay that was here before; 0 for a new one.
    init(port wanted: UInt16 = 0, _ change: @Sendable (inout Relay.Settings) -> Void = { _ in }) async throws {
        // Its name holds its port, which is known only when it listens: a free one is looked for first.
        let chosen = try wanted == 0 ? Listener().port : wanted
        var settings = Relay.Settings(name: "127.0.0.1:\(chosen)", host: "127.0.0.1", port: chosen) {
            UInt64(Date().timeIntervalSince1970)
        }
        settings.takesPlainMachines = true
        change(&settings)
        let (ports, continuation) = AsyncStream.makeStream(of: UInt16.self)
        let relay = Relay(settings, logger: quiet) { continuation.yield($0) }
        let task = Task {
            defer { continuation.finish() }
            try await relay.run()
        }
        (self.relay, self.task) = (relay, task)
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else {
            try await task.value
            throw OpenSSL.Failure(description: "the relay ended before it listened")
        }
        self.port = port
    }

    var address: RelayAddress { get throws { try RelayAddress("127.0.0.1:\(port)") } }

    func stop() async {
        task.cancel()
        _ = try? await task.value
    }
}

/// A machine in this process that passes what relays send to a port of 127.0.0.1.
final class RunningLink: Sendable {
    let key: PrivateKey
    let events: AsyncStream<LinkEvent>
    private let task: Task<Void, any Error>

    init(
        to relays: [RelayAddress], serving port: UInt16, key: PrivateKey = .generate(),
        secondsBehind: UInt64 = 0,
        _ change: @Sendable (inout RelayLink.Settings) -> Void = { _ in },
        announcing announce: @escaping LocalForward.Announcement = { _, _ in }
    ) throws {
        self.key = key
        var settings = RelayLink.Settings(relays: relays) { UInt64(Date().timeIntervalSince1970) - secondsBehind }
        change(&settings)
        let (events, continuation) = AsyncStream.makeStream(of: LinkEvent.self)
        self.events = events
        let link = RelayLink(
            settings, custody: MemoryCustody(key),
            acceptor: try LocalForward.acceptor(toLoopback: port, announcing: announce)
        ) { continuation.yield($0) }
        task = Task {
            defer { continuation.finish() }
            try await link.run()
        }
    }

    var name: String { MachineName(key.address).description }

    /// Waits until `count` relays have taken the machine.
    func connected(_ count: Int = 1) async {
        var found = 0
        for await event in events {
            if case .connected = event { found += 1 }
            if found == count { return }
        }
    }

    func stop() async {
        task.cancel()
        _ = try? await task.value
    }
}

/// Answers each connection by what `answer` makes of it, on threads of its own.
final class Origin: Sendable {
    let port: UInt16

    init(_ answer: @escaping @Sendable (RawConnection) -> Void) throws {
        let listener = try Listener()
        port = listener.port
        Thread.detachNewThread {
            while let connection = try? listener.accept() { Thread.detachNewThread { answer(connection) } }
        }
    }

    /// Sends back what comes.
    static func echo() throws -> Origin {
        try Origin { connection in
            while true {
                let bytes = connection.read(65_536)
                if bytes.isEmpty { break }
                connection.write(bytes)
            }
            connection.close()
        }
    }
}

/// Runs blocking work on a thread of its own.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
