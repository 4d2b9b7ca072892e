import AsyncHTTPClient
import Dispatch
import Foundation
import GCXLinux
import GCXModel
import NIOCore
import NIOHTTP1

@testable import GCXClient

/// The output of a job on its way to a file: nothing that the answer says of it is believed.
enum Downloads {
    /// What stands around an answer.
    private struct Choice: OptionSet {
        let rawValue: UInt8

        /// The machine signed what the body is; else it signed something else, or nobody knows.
        static let isStated = Choice(rawValue: 1)
        static let isOther = Choice(rawValue: 2)
        /// The answer is a part, and some of the file is there.
        static let isPart = Choice(rawValue: 4)
        /// What is there is the file's own beginning; the body is what follows.
        static let fits = Choice(rawValue: 8)
        /// Little is allowed.
        static let isSmall = Choice(rawValue: 16)
        /// The body comes byte by byte.
        static let isDripping = Choice(rawValue: 32)
        /// It is no file but an answer that is read whole.
        static let isDocument = Choice(rawValue: 64)
    }

    /// A byte of the choice, one that says how many bytes are there, and the answer.
    static func save(_ bytes: ArraySlice<UInt8>) {
        var reader = ByteReader(Array(bytes.prefix(2)))
        let (choice, there) = (Choice(rawValue: reader.byte()), Int(reader.byte()))
        let answer = Answers.parse(bytes.dropFirst(2))
        // One byte of what is there is asked for again.
        let known = choice.contains(.isPart) ? Array(answer.body.prefix(there)) : []
        let sent = choice.contains(.fits) ? Array(answer.body.dropFirst(max(0, known.count - 1))) : answer.body
        let pieces = choice.contains(.isDripping) ? sent.map { [$0] } : [sent]
        let response = HTTPClientResponse(
            status: choice.contains(.isPart) ? .partialContent : .ok, headers: answer.headers,
            body: .stream(Pieces(pieces: pieces.map { ByteBuffer(bytes: $0) })))
        var terms = OutputTerms(bytesMax: choice.contains(.isSmall) ? 64 : 1 << 20)
        if choice.contains(.isStated) {
            terms.stated = OutputStatement(digest: SHA256Hex.of(answer.body), bytes: UInt64(answer.body.count))
        } else if choice.contains(.isOther) {
            terms.stated = OutputStatement(digest: String(repeating: "ab", count: 32), bytes: UInt64(there))
        }
        guard !choice.contains(.isDocument) else { return read(response, bytesMax: there) }
        try? Scratch.with { folder throws(LinuxError) in
            let path = "\(folder)/output"
            if !known.isEmpty { try DurableFile.replace(path + ".part", with: known) }
            save(response, to: path, terms)
        }
    }

    private static func save(_ response: HTTPClientResponse, to path: String, _ terms: OutputTerms) {
        OwnThread.wait {
            let download = OutputDownload(to: path, terms) { _, _ in }
            guard let (bytes, digest) = try? await download.save(response) else { return }
            precondition(bytes <= terms.bytesMax && Disk.size(of: path) == bytes, "more was saved than is taken")
            precondition(
                terms.stated.map { $0.bytes == bytes && $0.digest == digest } ?? true,
                "what was saved is not what was signed")
        }
    }

    private static func read(_ response: HTTPClientResponse, bytesMax: Int) {
        OwnThread.wait {
            let body = try? await HTTPTransport.read(
                response.body, bytesMax: bytesMax, within: ClientLimits.callTimeout)
            precondition(body?.count ?? 0 <= bytesMax, "more was read than is taken")
        }
    }

    static var seeds: [[UInt8]] {
        let body = Array("the output of a job".utf8)
        let digest = SHA256Hex.of(body)
        func answer(_ choice: Choice, there: UInt8 = 0, _ headers: [String]) -> [UInt8] {
            [8, choice.rawValue, there] + Array((headers.joined(separator: "\n") + "\n\n").utf8) + body
        }
        let (tag, length) = ("etag: \"sha256:\(digest)\"", "content-length: \(body.count)")
        let rest = ["content-length: \(body.count - 5)", "content-range: bytes 5-\(body.count - 1)/\(body.count)"]
        return [
            answer([], []), answer(.isStated, [tag, length]), answer(.isOther, there: 19, [length]),
            answer([.isSmall, .isDripping], [tag, length]), answer([.isPart, .fits], there: 6, [tag] + rest),
            answer([.isPart, .fits, .isStated], there: 6, [tag] + rest), answer([.isPart, .isStated], there: 6, rest),
            answer(.isDocument, there: 100, [length]), answer([.isDocument, .isDripping], there: 5, []),
        ]
    }
}

/// The pieces of a body that are all there.
private struct Pieces: AsyncSequence, Sendable {
    let pieces: [ByteBuffer]

    func makeAsyncIterator() -> Iterator { Iterator(left: pieces[...]) }

    struct Iterator: AsyncIteratorProtocol {
        var left: ArraySlice<ByteBuffer>

        mutating func next() async -> ByteBuffer? { left.popFirst() }
    }
}

/// A thread on which a function of bytes lets run what waits: on Swift's own, many that wait would leave none to go on.
private final class OwnThread: TaskExecutor {
    private static let shared = OwnThread()
    private let queue = DispatchQueue(label: "gcx-fuzz")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    static func wait(_ body: @escaping @Sendable () async -> Void) {
        let done = DispatchSemaphore(value: 0)
        Task.detached(executorPreference: shared) {
            await body()
            done.signal()
        }
        done.wait()
    }
}
