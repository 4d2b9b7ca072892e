import GCXJSON
import GCXModel
import GCXWire
import NIOCore

/// One end of the stream on which payment is spoken of: lines in, one after the other, and what is answered to each.
final class TollTalk: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    typealias Answer = @Sendable (TollLine) async throws(RelayError) -> TollLine?

    private let answer: Answer
    /// Called once, when this side does not go on.
    private let onFailure: (RelayError) -> Void
    private let onEnd: () -> Void
    private var lines = LineCollector(most: RelayWire.tollLineBytesMax)
    /// A line costs a question to a ledger or a signature: a thousand at once, and sixteen a second, which vouch for a gigabyte.
    private var pace = Pace(.init(burst: 1_000, perSecond: 16), at: NIODeadline.now().uptimeNanoseconds)
    private var isAnswering = false
    private var isOver = false

    init(_ answer: @escaping Answer, onFailure: @escaping (RelayError) -> Void, onEnd: @escaping () -> Void = {}) {
        (self.answer, self.onFailure, self.onEnd) = (answer, onFailure, onEnd)
    }

    static func line(_ line: TollLine) -> ByteBuffer { ByteBuffer(bytes: RegistrationLines.line(line)) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lines.add(unwrapInboundIn(data))
        // Who speaks on and on without hearing answers is not heard.
        guard lines.held.readableBytes <= RelayWire.tollLineBytesMax * 4 else {
            return fail(.lineMalformed(reason: "it speaks before it is answered"), context)
        }
        takeLine(context)
    }

    private func takeLine(_ context: ChannelHandlerContext) {
        guard !isAnswering, !isOver else { return }
        do throws(RelayError) {
            guard let line = try lines.next() else { return }
            guard pace.take(at: NIODeadline.now().uptimeNanoseconds) else { throw .full(what: "lines of this machine") }
            let said: TollLine
            do {
                said = try StrictJSON.decode(
                    TollLine.self, from: line, unknownFields: .tolerated, bytesMax: RelayWire.tollLineBytesMax)
            } catch { throw .lineMalformed(reason: error.description) }
            reply(to: said, context)
        } catch {
            fail(error, context)
        }
    }

    private func reply(to line: TollLine, _ context: ChannelHandlerContext) {
        isAnswering = true
        let answered = context.eventLoop.makeFutureWithTask { [answer] in
            do throws(RelayError) { return Result<TollLine?, RelayError>.success(try await answer(line)) } catch {
                return .failure(error)
            }
        }
        answered.assumeIsolated().whenSuccess { [self] result in
            isAnswering = false
            switch result {
            case .success(let answer):
                if let answer { context.writeAndFlush(wrapOutboundOut(Self.line(answer)), promise: nil) }
                takeLine(context)
            case .failure(let error): fail(error, context)
            }
        }
    }

    private func fail(_ error: RelayError, _ context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        let refusal = Self.line(TollLine(refusal: Untrusted(error.description)))
        context.writeAndFlush(wrapOutboundOut(refusal), promise: nil)
        onFailure(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isOver = true
        onEnd()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
