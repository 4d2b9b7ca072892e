import GCXModel
import GCXSigning
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Support
import Synchronization
import Testing

@testable import GCXServer
@testable import GCXWire

/// What happens on a connection, in tenths of a second.
enum ConnectionStep: Sendable {
    case bytes(Int)
    case head, end, asked, answered
    case wrote(Int)
    case delivered(Int)
}

/// The life of a connection up to some moment, and what its deadlines say then and a tenth of a second before.
struct ConnectionLife: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let steps: [(at: Int64, step: ConnectionStep)]
    /// The first tenth of a second in which it is too late; nil for never.
    let end: Int64?
    let verdict: ConnectionProgress.Verdict

    init(
        _ name: String, _ steps: [(at: Int64, step: ConnectionStep)], end: Int64?,
        _ verdict: ConnectionProgress.Verdict = .fine
    ) { (testDescription, self.steps, self.end, self.verdict) = (name, steps, end, verdict) }

    private static let (head, body) = (
        ConnectionProgress.Verdict.tooSlow("the head of the request"),
        ConnectionProgress.Verdict.tooSlow("the body of the request")
    )
    private static func flow(_ bytes: Int, every: Int64, times: Int64) -> [(at: Int64, step: ConnectionStep)] {
        (1...times).flatMap { [(every * $0, .bytes(bytes)), (every * $0, .asked)] }
    }
    private static let request: [(at: Int64, step: ConnectionStep)] = [(0, .bytes(100)), (0, .head)]

    static let all = [
        ConnectionLife("nothing is said", [], end: 101, .close),
        ConnectionLife("a head begins late and does not end", [(90, .bytes(1))], end: 191, head),
        ConnectionLife("a head drips", [(10, .bytes(1)), (50, .bytes(1)), (100, .bytes(1))], end: 111, head),
        ConnectionLife("a body does not come", request, end: 301, body),
        ConnectionLife("a body stops", request + [(100, .bytes(50_000)), (100, .asked)], end: 401, body),
        ConnectionLife("a body that nobody asks for", request + [(100, .bytes(50_000))], end: nil),
        ConnectionLife("a body drips", request + flow(10, every: 100, times: 3), end: 301, body),
        ConnectionLife(
            "a body comes as slowly as it may", request + flow(10_600, every: 100, times: 4), end: 420, body),
        ConnectionLife("a request is worked on for as long as it takes", request + [(1, .end)], end: nil),
        ConnectionLife("an answer is not taken", request + [(1, .end), (10, .wrote(9))], end: 311, .close),
        ConnectionLife(
            "an answer drips", request + [(1, .end), (0, .wrote(1_000))] + (1...3).map { ($0 * 100, .delivered(10)) },
            end: 301,
            .close),
        ConnectionLife(
            "an answer is taken", request + [(1, .end), (10, .wrote(9)), (20, .delivered(9)), (20, .answered)],
            end: 771, .close),
        ConnectionLife("an idle connection", request + [(1, .end), (10, .answered)], end: 761, .close),
        ConnectionLife(
            "a second head drips", request + [(1, .end), (10, .answered), (700, .bytes(1)), (750, .bytes(1))], end: 801,
            head),
        ConnectionLife(
            "the answer comes before the body", request + [(10, .answered), (20, .bytes(9)), (20, .asked)], end: 301,
            body),
    ]
}

@Suite("Deadlines of a connection") struct ConnectionProgressTests {
    private func moment(_ tenths: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(1_000 + tenths) * 100_000_000) }

    private func verdict(_ life: ConnectionLife, at tenths: Int64) -> ConnectionProgress.Verdict {
        let progress = ConnectionProgress(ConnectionLimits(), at: moment(0)) { _ in }
        for (at, step) in life.steps {
            switch step {
            case .bytes(let count): progress.took(count, at: moment(at))
            case .head: progress.tookHead(at: moment(at))
            case .end: progress.tookEnd()
            case .asked: progress.asked(at: moment(at))
            case .answered: progress.answered(at: moment(at))
            case .wrote(let count): progress.wrote(count, at: moment(at))
            case .delivered(let count): progress.delivered(count, at: moment(at))
            }
        }
        return progress.verdict(at: moment(tenths))
    }

    @Test("what does not move is ended when its time is over, and not a moment before", arguments: ConnectionLife.all)
    func deadlines(_ life: ConnectionLife) {
        guard let end = life.end else { return #expect(verdict(life, at: 1_000_000) == .fine) }
        #expect(verdict(life, at: end - 1) == .fine)
        #expect(verdict(life, at: end) == life.verdict)
    }

    @Test("a head is as large as it may be, and not a byte larger; each request has its own")
    func heads() {
        let progress = ConnectionProgress(ConnectionLimits(), at: moment(0)) { _ in }
        for _ in 0..<3 {
            progress.took(ServerLimits.undecodedBytesMax, at: moment(1))
            #expect(!progress.isHeadTooLarge)
            progress.tookHead(at: moment(1))
            progress.took(.max >> 1, at: moment(1))
            #expect(!progress.isHeadTooLarge, "a body is another's to bound")
            progress.tookEnd()
            progress.answered(at: moment(1))
        }
        progress.took(ServerLimits.undecodedBytesMax + 1, at: moment(1))
        #expect(progress.isHeadTooLarge)
    }

    /// Hands on what was read only when all is read, as TLS does; or never, as where it makes up no head.
    private final class LateDecoder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer
        private var held: [ByteBuffer] = []
        private let isDeaf: Bool

        init(isDeaf: Bool) { self.isDeaf = isDeaf }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if !isDeaf { held.append(unwrapInboundIn(data)) }
        }

        func channelReadComplete(context: ChannelHandlerContext) {
            for buffer in held { context.fireChannelRead(wrapInboundOut(buffer)) }
            held = []
            context.fireChannelReadComplete()
        }
    }

    private func guarded(_ requests: RequestGuard, isDeaf: Bool = false) throws -> EmbeddedChannel {
        let visit = Visit(table: ConnectionTable(ConnectionLimits()), id: 0, peer: .user(1))
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([
            ByteGuard(visit, requests), LateDecoder(isDeaf: isDeaf), HTTPResponseEncoder(),
            ByteToMessageHandler(HTTPRequestDecoder()), requests,
        ])
        return channel
    }

    @Test("behind TLS, a body that is read with its head is no part of the head; what makes up no head is refused")
    func lateHeads() throws {
        let progress = ConnectionProgress(ConnectionLimits(), at: .now()) { _ in }
        let requests = RequestGuard(progress)
        let channel = try guarded(requests)
        let piece = ByteBuffer(repeating: UInt8(ascii: "a"), count: 64 << 10)
        for _ in 0..<3 {
            channel.pipeline.fireChannelRead(
                ByteBuffer(string: "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: \(4 * piece.readableBytes)\r\n\r\n"))
            for _ in 0..<4 { channel.pipeline.fireChannelRead(piece) }
            channel.pipeline.fireChannelReadComplete()
            #expect(!requests.isEnding && progress.requestsOpen > 0 && !progress.isBodyOpen)
        }

        let fresh = RequestGuard(ConnectionProgress(ConnectionLimits(), at: .now()) { _ in })
        let other = try guarded(fresh, isDeaf: true)
        for isOver in [false, true] {
            other.pipeline.fireChannelRead(piece)
            other.pipeline.fireChannelReadComplete()
            #expect(fresh.isEnding == isOver)
        }
    }

    @Test("each stage is told once, in the order of a request")
    func stages() {
        var told: [ConnectionStage] = []
        let progress = ConnectionProgress(ConnectionLimits(), at: moment(0)) { told.append($0) }
        progress.tookHead(at: moment(0))
        progress.tookEnd()
        for _ in 0..<2 { progress.wrote(5, at: moment(0)) }
        for _ in 0..<2 { progress.delivered(5, at: moment(0)) }
        progress.answered(at: moment(0))
        progress.answered(at: moment(0))
        #expect(told == [.receiving, .serving, .sending, .serving, .idle] && progress.requestsOpen == 0)
    }
}

@Suite("Quotas of what is posted") struct PostQuotaTests {
    /// Three posts or 100 bytes for a connection, five or 200 for a peer, two or 50 for an account; hardly anything comes back.
    private let quota = PostQuota(
        PostLimits(
            connection: .init(posts: .init(burst: 3, perSecond: 1), bytes: .init(burst: 100, perSecond: 1)),
            peer: .init(posts: .init(burst: 5, perSecond: 1), bytes: .init(burst: 200, perSecond: 1)),
            account: .init(posts: .init(burst: 2, perSecond: 1), bytes: .init(burst: 50, perSecond: 1))))
    private let table = ConnectionTable(ConnectionLimits())
    private let account = Address.random()

    private func visit(_ connection: ConnectionID, _ user: UInt32 = 4_000_001) -> Visit {
        Visit(table: table, id: connection, peer: .user(user))
    }

    /// Who paid, or that nobody may.
    private func draw(_ bytes: Int, _ visit: Visit?, by account: Address? = nil) async -> String {
        do {
            return try await quota.draw(bytes, for: visit) { account }.map { "\($0)" } ?? "free"
        } catch { return "refused" }
    }

    @Test(
        "a connection that has used up its own leaves the other connections of its peer theirs, until the peer's is used up"
    )
    func order() async {
        for _ in 0..<3 { #expect(await draw(10, visit(1)) == "free") }
        #expect(await draw(10, visit(1)) == "refused")
        for _ in 0..<2 { #expect(await draw(10, visit(2)) == "free") }
        #expect(await draw(10, visit(3)) == "refused", "the peer's posts are used up")
        #expect(await draw(10, visit(4, 4_000_002)) == "free", "another peer's are not")
        #expect(await draw(10, nil) == "free", "whoever calls from inside has no connection")
    }

    @Test("bytes count as posts do, and what was refused was not drawn")
    func bytes() async {
        #expect(await draw(90, visit(1)) == "free")
        for _ in 0..<10 { #expect(await draw(20, visit(1)) == "refused") }
        #expect(await draw(10, visit(1)) == "free", "the refused ones took nothing")
        #expect(await draw(100, visit(2)) == "free", "nor from the peer")
    }

    @Test(
        "an account with something to lose draws from its own quota in need alone, and gets back what was not written")
    func accounts() async {
        #expect(await draw(100, visit(1), by: account) == "free", "nobody asks for the account before there is need")
        for _ in 0..<2 { #expect(await draw(20, visit(1), by: account) == "\(account)") }
        #expect(await draw(20, visit(1), by: account) == "refused")
        quota.giveBack(20, to: account)
        #expect(await draw(20, visit(1), by: account) == "\(account)")
        for _ in 0..<5 { quota.giveBack(1 << 40, to: account) }
        for _ in 0..<2 { #expect(await draw(20, visit(1), by: account) == "\(account)") }
        #expect(await draw(20, visit(1), by: account) == "refused", "no more comes back than there was")
        quota.giveBack(20, to: .random())
        quota.giveBack(20, to: nil)
    }
}
