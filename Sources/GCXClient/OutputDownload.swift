import AsyncHTTPClient
import GCXLinux
package import GCXModel
import GCXWire
import Glibc
import NIOCore
import NIOHTTP1

/// What of an output a buyer takes.
package struct OutputTerms: Sendable {
    /// What the machine signed; nil where nobody knows, as for the owner.
    package var stated: OutputStatement?
    /// Bytes of the archive at most.
    package var bytesMax: UInt64

    package init(stated: OutputStatement? = nil, bytesMax: UInt64 = ClientLimits.outputBytesMax) {
        self.stated = stated
        self.bytesMax = bytesMax
    }
}

/// A job's output on its way to a file. Nothing that the agent says of it is believed: neither its size, nor where a part
/// begins, nor its digest.
struct OutputDownload: Sendable {
    let path: String
    let terms: OutputTerms
    let progress: AgentClient.Progress
    /// Bytes of an earlier try that are gone on with.
    let kept: UInt64

    var partial: String { path + ".part" }

    init(to path: String, _ terms: OutputTerms, progress: @escaping AgentClient.Progress) {
        (self.path, self.terms, self.progress) = (path, terms, progress)
        let found = Disk.size(of: path + ".part") ?? 0
        // One byte is asked for again, so that there is always something to answer. More than all is of another file.
        // bounded: above 0
        kept = found > 0 && found <= min(terms.stated?.bytes ?? .max, terms.bytesMax) ? found - 1 : 0
    }

    /// When even the slowest that is allowed would be done.
    var deadline: NIODeadline {
        // bounded here: a span has fewer seconds than `paceBytesMin` has bytes; a year at most is added to now
        let seconds = terms.bytesMax / WireLimits.paceBytesMin * UInt64(WireLimits.paceWindow.components.seconds)
        return .now() + .hours(1) + .seconds(Int64(clamping: min(seconds, 86_400 * 365)))
    }

    /// Takes the whole file, or the part that was asked for, and gives it its name once it is what it has to be.
    func save(_ response: HTTPClientResponse) async throws -> (bytes: UInt64, digest: String) {
        let isPart = response.status == .partialContent
        let beginning = isPart ? kept : 0
        let total = try announced(response.headers, from: beginning, isPart: isPart)
        let tag = try self.tag(response.headers)
        let most = min(terms.bytesMax, total ?? .max)
        let pieces = GuardedPieces(
            base: response.body, directory: Self.directory(of: path), done: beginning, bytesMax: most)
        let sink = try FileSink(partial, bytesMax: most, keeping: beginning)
        let written = try await sink.write(pieces) { progress($0, total) }
        if let total, written.bytes != total {
            throw TransportError.broken("\(NumberText.count(written.bytes)) of \(NumberText.count(total, "byte")) came")
        }
        let found = try written.digest.map { (hex: $0, bytes: written.bytes) } ?? SHA256Hex.ofFile(partial)
        try compare(found, tag: tag, isWhole: beginning == 0)
        // Until it has its name, the file is nobody else's.
        try withExtendedLifetime(sink) {
            guard unsafe rename(partial, path) == 0 else {
                throw LinuxError.systemCall(operation: "rename", object: path, errno: errno)
            }
        }
        return (found.bytes, found.hex)
    }

    /// The size that the answer promises the file to have in the end; nil when it does not say.
    private func announced(_ headers: HTTPHeaders, from beginning: UInt64, isPart: Bool) throws -> UInt64? {
        var total: UInt64?
        if let length = try Self.number(headers, "content-length") {
            let (sum, overflow) = length.addingReportingOverflow(beginning)
            total = overflow ? .max : sum
        }
        if isPart {
            guard beginning > 0, let range = headers.first(name: "content-range").flatMap(ContentRange.init),
                // bounded: at least one byte, for the first is at or before the last
                range.first == beginning, range.last < range.size, range.last == range.size - 1,
                total ?? range.size == range.size
            else {
                let found = PlainText.excerpt(headers.first(name: "content-range") ?? "none")
                throw AgentError.answerImpossible(
                    "the rest of the output from byte \(beginning) on was asked for, and its range is “\(found)”")
            }
            total = range.size
        }
        if let total, let stated = terms.stated, total != stated.bytes {
            throw AgentError.answerImpossible(
                "an output of \(NumberText.count(total, "byte")) is announced, and the machine signed one of \(NumberText.count(stated.bytes))"
            )
        }
        if let total, total > terms.bytesMax {
            throw AgentError.answerImpossible(
                "an output of \(NumberText.count(total, "byte")) is announced, and \(NumberText.count(terms.bytesMax)) are the most that is taken"
            )
        }
        return total
    }

    private static func number(_ headers: HTTPHeaders, _ name: String) throws -> UInt64? {
        guard let text = headers.first(name: name) else { return nil }
        guard let number = UInt64(digits: text) else {
            throw AgentError.answerImpossible("its \(name) is “\(PlainText.excerpt(text))”")
        }
        return number
    }

    /// The digest in the entity tag; nil when there is none.
    private func tag(_ headers: HTTPHeaders) throws -> String? {
        guard let text = headers.first(name: "etag") else { return nil }
        let digest = text.dropFirst("\"sha256:".count).dropLast()
        guard let named = OutputStatement(digest: String(digest), bytes: 0), text == "\"sha256:\(named.digest)\"" else {
            throw AgentError.answerImpossible("the output's tag is “\(PlainText.excerpt(text))”, no digest")
        }
        if let stated = terms.stated, stated.digest != named.digest {
            throw AgentError.answerImpossible(
                "an output of sha256:\(named.digest) is announced, and the machine signed sha256:\(stated.digest)")
        }
        return named.digest
    }

    private func compare(_ found: (hex: String, bytes: UInt64), tag: String?, isWhole: Bool) throws {
        let wanted = terms.stated?.digest ?? tag
        guard wanted ?? found.hex == found.hex, terms.stated?.bytes ?? found.bytes == found.bytes else {
            unsafe unlink(partial)
            let words =
                "what came is sha256:\(found.hex) of \(NumberText.count(found.bytes, "byte")), and sha256:\(wanted ?? "") was to come"
            // A part that lay here may have been of another file, so all of it is asked for once more.
            guard isWhole, terms.stated != nil else { throw TransportError.broken(words) }
            throw AgentError.answerImpossible(Untrusted(words))
        }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        // bounded: up to a place that was found in the path
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// `bytes FIRST-LAST/SIZE` (RFC 9110, 14.4).
private struct ContentRange {
    let first: UInt64
    let last: UInt64
    let size: UInt64

    init?(_ text: String) {
        guard text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst("bytes ".count).split(separator: "/", omittingEmptySubsequences: false)
        // bounded here: two parts, counted first
        guard parts.count == 2, let size = UInt64(digits: parts[1]) else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = UInt64(digits: ends[0]), let last = UInt64(digits: ends[1]), first <= last
        else {
            return nil
        }
        (self.first, self.last, self.size) = (first, last, size)
    }
}

/// The pieces of a body as long as they come fast enough, are no more than they may be, and leave the disk some room.
struct GuardedPieces<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable where Base.Element == ByteBuffer {
    let base: Base
    /// Where they go.
    let directory: String
    /// Bytes that are there already.
    let done: UInt64
    let bytesMax: UInt64

    func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator(), directory: directory, begin: done, done: done, bytesMax: bytesMax)
    }

    struct Iterator: AsyncIteratorProtocol {
        var base: Base.AsyncIterator
        let directory: String
        let begin: UInt64
        var done: UInt64
        let bytesMax: UInt64
        var pace = Pace()
        /// Nobody has looked at the disk yet.
        var lookAt: UInt64 = 0

        mutating func next() async throws -> ByteBuffer? {
            guard let piece = try await base.next() else { return nil }
            // bounded: bytes in memory
            let (sum, overflow) = done.addingReportingOverflow(UInt64(piece.readableBytes))
            guard !overflow, sum <= bytesMax else {
                throw AgentError.answerImpossible("more than \(NumberText.count(bytesMax, "byte")) of output came")
            }
            try checkRoom(for: sum)
            done = sum
            // bounded: what came is added to where it began
            do { try pace.move(to: done - begin) } catch { throw TransportError.tooSlow }
            return piece
        }

        private mutating func checkRoom(for sum: UInt64) throws {
            // bounded here: constants, and bytes that lie on this disk
            guard sum >= lookAt else { return }
            let free = try Disk.freeBytes(at: directory)
            guard free >= ClientLimits.diskReserveBytes + ClientLimits.diskCheckBytes else {
                throw AgentError.badRequest(
                    "\(NumberText.size(free)) are free in \(directory), and a download leaves \(NumberText.size(ClientLimits.diskReserveBytes))"
                )
            }
            lookAt = sum + ClientLimits.diskCheckBytes
        }
    }
}
