import Crypto
import GCXLinux
import GCXModel
import GCXSigning
import NIOCore
import NIOPosix
import Testing

@testable import GCXTransport

/// Handshakes over the loopback interface, honest ones and others.
@Suite("Handshakes", .serialized, .timeLimit(.minutes(2)))
struct HandshakeTests {
    private let key = PrivateKey.generate()
    private let places = ServerPlaces(endpoints: ["https://127.0.0.1:443"])
    private let now: UInt64 = 1_800_000_000

    private func identity(at time: UInt64? = nil) async throws -> ServerIdentity {
        try await ServerIdentity(
            for: places, by: MemoryCustody(key), protocols: ["http/1.1"], at: time ?? now)
    }

    private func with<Value>(
        _ identity: ServerIdentity, deadline: Duration = TransportLimits.handshakeTimeout,
        _ body: (TinyServer) async throws -> Value
    ) async throws -> Value {
        let server = try await TinyServer(identity, deadline: deadline)
        let value = try await body(server)
        try await server.stop()
        return value
    }

    private func prove(
        _ server: TinyServer, signer: Address? = nil, newestSeen: UInt64 = 0, protocols: [String] = ["http/1.1"],
        at time: UInt64? = nil
    ) async throws(HandshakeError) -> ProvenServer {
        try await Handshake.prove(
            host: "127.0.0.1", port: server.port,
            as: BindingExpectation(signer: signer ?? key.address, newestSeen: newestSeen), protocols: protocols,
            at: time ?? now)
    }

    private func refusal(_ body: () async throws(HandshakeError) -> ProvenServer) async -> HandshakeError? {
        do throws(HandshakeError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("whoever knows the signer's address connects, and learns the binding")
    func good() async throws {
        let identity = try await identity()
        try await with(identity) { server in
            let proven = try await prove(server)
            #expect(proven.binding == identity.binding)
            #expect(proven.binding.document.endpoints == places.endpoints)
        }
    }

    @Test("a renewed key is a new one with a larger number, and the old certificate is shown no more")
    func renewal() async throws {
        let identity = try await identity()
        try await with(identity) { server in
            let first = try await prove(server)
            try await identity.renew(at: now)
            let second = try await prove(server, newestSeen: now + 1)
            #expect(second.binding.document.publicKey != first.binding.document.publicKey)
            #expect(second.certificate != first.certificate)
        }
    }

    @Test("a key is renewed after half a day, and when the clock was set back before its beginning")
    func due() async throws {
        let identity = try await identity()
        let begin = now - Limits.bindingBackdatedSeconds
        for time in [begin, now, begin + 43_199] { #expect(!identity.isDue(at: time)) }
        for time in [begin - 1, 0, begin + 43_200, .max] { #expect(identity.isDue(at: time)) }
    }

    @Test("who counts beginnings lets a peer begin so many, and others beside it")
    func halfOpen() {
        let count = HalfOpenCount<Int>(most: 2)
        #expect(count.begin(1) && count.begin(1) && !count.begin(1) && count.begin(2))
        count.end(1)
        #expect(count.begin(1) && !count.begin(1))
        for _ in 0..<3 { count.end(1) }
        count.end(2)
        #expect(count.peers == 0)
    }

    @Test("a server of somebody else is refused")
    func wrongSigner() async throws {
        let other = PrivateKey.generate().address
        try await with(try await identity()) { server in
            let error = await refusal { () async throws(HandshakeError) in try await prove(server, signer: other) }
            #expect(error == .refused(.ofSomebodyElse(expected: other, found: key.address)))
        }
    }

    @Test("a binding taken from another server does not make one's own key good")
    func stolenBinding() async throws {
        let binding = try await identity().binding
        let thief = try ServerCertificate(P256.Signing.PrivateKey(), binding)
        try await with(try ServerIdentity(showing: thief, protocols: ["http/1.1"])) { server in
            guard
                case .refused(.otherKey) = await refusal({ () async throws(HandshakeError) in try await prove(server) })
            else {
                Issue.record("it was taken")
                return
            }
        }
    }

    @Test("a clock that is an hour slow refuses and says so; one that is an hour fast still connects")
    func clocks() async throws {
        try await with(try await identity()) { server in
            let slow = await refusal { () async throws(HandshakeError) in try await prove(server, at: now - 3_600) }
            #expect(slow == .refused(.notYet(seconds: 3_600 - Limits.bindingBackdatedSeconds)))
            _ = try await prove(server, at: now + 3_600)
        }
    }

    @Test("a server whose clock is an hour off, slow or fast, is judged by its binding's period alone")
    func serverClocks() async throws {
        try await with(try await identity(at: now + 3_600)) { server in
            let error = await refusal { () async throws(HandshakeError) in try await prove(server) }
            #expect(error == .refused(.notYet(seconds: 3_600 - Limits.bindingBackdatedSeconds)))
        }
        try await with(try await identity(at: now - 3_600)) { server in _ = try await prove(server) }
    }

    @Test("yesterday's binding is refused, and so is an older one of today")
    func yesterday() async throws {
        try await with(try await identity(at: now - 90_000)) { server in
            let error = await refusal { () async throws(HandshakeError) in try await prove(server) }
            #expect(error == .refused(.expired(seconds: 90_000 - 86_400 + Limits.bindingBackdatedSeconds)))
        }
        try await with(try await identity(at: now - 600)) { server in
            let error = await refusal { () async throws(HandshakeError) in try await prove(server, newestSeen: now) }
            #expect(error == .refused(.replayed(sequence: now - 600, newestSeen: now)))
        }
    }

    @Test("who names no protocol, or none that is spoken here, gets no connection")
    func protocols() async throws {
        try await with(try await identity()) { server in
            for protocols in [[], ["gopher"]] {
                let error = await refusal { () async throws(HandshakeError) in
                    try await prove(server, protocols: protocols)
                }
                #expect(error == .noProtocol || error == .notTLS, "\(protocols): \(String(describing: error))")
            }
        }
    }

    @Test("who speaks no TLS, or does not go on with it, is let go")
    func noTLS() async throws {
        try await with(try await identity(), deadline: .milliseconds(300)) { server in
            let error = await refusal { () async throws(HandshakeError) in try await prove(server) }
            #expect(error == nil)
            for first in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", "\u{16}\u{3}\u{1}\u{2}"] {
                let answer = try await answer(of: server, to: first)
                #expect(!answer.contains("HTTP/"))
            }
        }
    }

    /// What comes until the server closes.
    private func answer(of server: TinyServer, to text: String) async throws -> String {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let ended = loop.makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(ended))
                }
            }
            .connect(host: "127.0.0.1", port: Int(server.port)).get()
        if !text.isEmpty { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
        return try await ended.futureResult.get()
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let ended: EventLoopPromise<String>
        private var text = ""

        init(_ ended: EventLoopPromise<String>) { self.ended = ended }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { text += String(buffer: unwrapInboundIn(data)) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
        func channelInactive(context: ChannelHandlerContext) { ended.succeed(text) }
    }

    @Test("nobody there is said as such")
    func nobody() async throws {
        let server = try await TinyServer(try await identity())
        try await server.stop()
        let error = await refusal { () async throws(HandshakeError) in try await prove(server) }
        #expect(error == .notReached("nobody listens there"))
    }

    private func run(_ tool: String, _ arguments: [String]) async throws -> ChildProcess.Outcome {
        try await Task.detached { try ChildProcess(tool, arguments, timeout: .seconds(60)).outcome() }.value
    }

    private enum Tools {
        static let lacks = ["openssl", "python3"].first { ChildProcess.find($0) == nil }
    }

    @Test(
        "openssl connects with TLS 1.3 and with nothing older",
        .enabled(if: Tools.lacks == nil, "needs openssl and python3"))
    func openssl() async throws {
        try await with(try await identity()) { server in
            let place = ["s_client", "-connect", "127.0.0.1:\(server.port)", "-alpn", "http/1.1"]
            let good = try await run("openssl", place + ["-tls1_3"])
            #expect(good.text.contains("New, TLSv1.3"))
            #expect(good.text.contains("ALPN protocol: http/1.1"))
            let old = try await run("openssl", place + ["-tls1_2"])
            #expect(old.status != .exited(0))
            #expect(!old.text.contains("New, TLSv1.2"))
        }
    }

    @Test(
        "a client of another language, written from the articles, connects, and refuses what is not bound",
        .enabled(if: Tools.lacks == nil, "needs openssl and python3"))
    func python() async throws {
        let folder = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let program = folder + "/Fixtures/TLS/client.py"
        try await with(try await identity()) { server in
            func call(_ address: Address, at time: UInt64) async throws -> ChildProcess.Outcome {
                try await run("python3", [program, "127.0.0.1", "\(server.port)", "\(address)", "\(time)"])
            }
            let good = try await call(key.address, at: now)
            #expect(good.text == "HTTP/1.1 200 OK\n", "\(good.errorLine)")
            let other = try await call(.random(), at: now)
            #expect(other.status == .exited(1) && other.errorLine.contains("not signed by"))
            let late = try await call(key.address, at: now + 90_000)
            #expect(late.status == .exited(1) && late.errorLine.contains("does not hold now"))
        }
    }
}
