import Foundation
import GCXModel
import GCXRelay
import Synchronization
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct TLSThroughRelayTests {
    @Test("64 MiB each way between two ends of OpenSSL, and the relay saw none of it")
    func bothWays() async throws {
        try await withFolder { folder in
            let count = 64 << 20
            let relay = try await RunningRelay { $0.limits.bytesOfMachine.perSecond = 0 }
            let server = try TLSEnd.server(in: folder)
            let link = try RunningLink(to: [relay.address], serving: server.port)
            await link.connected()
            let client = try TLSEnd.client(to: relay.port, name: link.name, in: folder)
            let (up, down) = (Self.bytes(count, seed: 1), Self.bytes(count, seed: 2))
            client.send(up)
            server.send(down)
            await server.waitForOutput(count)
            await client.waitForOutput(count)
            // Compared outside of the macro, which would look for the difference of millions of bytes.
            let (isUpEqual, isDownEqual) = try (server.output() == up, client.output() == down)
            #expect(isUpEqual && isDownEqual)
            let passed = await relay.relay.standing()?.bytesByMachine.values.first ?? 0
            #expect(passed > UInt64(2 * count))
            client.end()
            server.end()
            await link.stop()
            await relay.stop()
        }
    }

    @Test("whoever drops some of the bytes on the way breaks the connection and changes nothing")
    func dropped() async throws {
        try await withFolder { folder in
            let relay = try await RunningRelay()
            let server = try TLSEnd.server(in: folder)
            let link = try RunningLink(to: [relay.address], serving: server.port)
            await link.connected()
            let thief = try Thief(to: relay.port)
            let client = try TLSEnd.client(to: thief.port, name: link.name, in: folder)
            let sent = Self.bytes(4 << 20, seed: 3)
            client.send(sent)
            #expect(await client.hasEnded())
            let got = try server.output()
            let isBeginning = got.count < sent.count && sent.prefix(got.count) == got
            #expect(isBeginning)
            #expect(try (client.errors() + server.errors()).contains("bad record mac"))
            server.end()
            await link.stop()
            await relay.stop()
        }
    }

    private static func bytes(_ count: Int, seed: UInt64) -> Data {
        var state = seed
        var data = Data(capacity: count)
        while data.count < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            withUnsafeBytes(of: state) { data.append(contentsOf: $0) }
        }
        return data
    }

    private func withFolder(_ work: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/relay-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await work(folder)
    }
}

/// A proxy that leaves out every tenth piece of what the client sends.
final class Thief: Sendable {
    let port: UInt16

    init(to target: UInt16) throws {
        let origin = try Origin { buyer in
            guard let relay = try? RawConnection(to: target) else { return buyer.close() }
            Thread.detachNewThread {
                while true {
                    let bytes = relay.read(65_536)
                    if bytes.isEmpty { break }
                    buyer.write(bytes)
                }
                buyer.endOutput()
            }
            var pieces = 0
            while true {
                let bytes = buyer.read(4_096)
                if bytes.isEmpty { break }
                pieces += 1
                if !pieces.isMultiple(of: 10) { relay.write(bytes) }
            }
            relay.endOutput()
        }
        port = origin.port
    }
}

/// `openssl s_server` or `openssl s_client`, between a pipe and a file.
final class TLSEnd: Sendable {
    let port: UInt16
    private let process: Mutex<Process>
    private let input: FileHandle
    private let (outputPath, errorPath): (String, String)

    static func server(in folder: String) throws -> TLSEnd {
        let (certificate, key) = try OpenSSL.certificate(in: folder)
        let port = try Listener().port
        let end = try TLSEnd(
            ["s_server", "-quiet", "-tls1_3", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key],
            port: port, folder + "/server")
        for _ in 0..<200 where (try? RawConnection(to: port))?.close() == nil { usleep(20_000) }
        return end
    }

    static func client(to port: UInt16, name: String, in folder: String) throws -> TLSEnd {
        try TLSEnd(
            ["s_client", "-quiet", "-tls1_3", "-connect", "127.0.0.1:\(port)", "-servername", name], port: port,
            folder + "/client")
    }

    private init(_ arguments: [String], port: UInt16, _ path: String) throws {
        // A client that has ended reads no more of its input, which is what a test looks for.
        signal(SIGPIPE, SIG_IGN)
        self.port = port
        (outputPath, errorPath) = (path + ".out", path + ".err")
        for path in [outputPath, errorPath] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(filePath: OpenSSL.path)
        process.arguments = arguments
        process.standardInput = pipe
        process.standardOutput = FileHandle(forWritingAtPath: outputPath)
        process.standardError = FileHandle(forWritingAtPath: errorPath)
        try process.run()
        input = pipe.fileHandleForWriting
        self.process = Mutex(process)
    }

    func send(_ data: Data) {
        Thread.detachNewThread { [input] in try? input.write(contentsOf: data) }
    }

    func output() throws -> Data { try Data(contentsOf: URL(filePath: outputPath)) }
    func errors() throws -> String { try String(contentsOf: URL(filePath: errorPath), encoding: .utf8) }

    func waitForOutput(_ count: Int) async {
        for _ in 0..<2_400 {
            let size = try? FileManager.default.attributesOfItem(atPath: outputPath)[.size] as? Int
            if size ?? 0 >= count { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Whether it ends by itself within half a minute.
    func hasEnded() async -> Bool {
        for _ in 0..<600 {
            if process.withLock({ !$0.isRunning }) { return true }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    /// By force: a child has the signal mask of the thread that started it, and that of a task blocks what asks it to end.
    func end() {
        process.withLock {
            kill($0.processIdentifier, SIGKILL)
            $0.waitUntilExit()
        }
    }
}
