import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning

/// Documents of keys that were made for them and have no money: every one is well signed, and nobody has to take more of
/// them than a quota.
enum SentSpam {
    static let all = [
        Sending(
            .connections, "large documents of fresh keys, as fast as they can be signed, from 2 connections",
            by: "what a connection and a peer may write", .taken
        ) { try flood($0) }
    ]

    private static let connections = 2
    /// Until each connection has used up what it may write at once; a slow machine takes longer.
    private static let drainSeconds: UInt64 = 40
    /// How long the file is watched then.
    private static let heldSeconds: UInt64 = 4
    /// What may reach the file each second by then: half a mebibyte for the peer, and a quarter of it for SQLite's own. A
    /// second's worth is allowed once more, for what was on its way.
    private static let bytesPerSecondMax: UInt64 = 640 << 10

    private static func flood(_ ground: Ground) throws -> Answer {
        let template = try SpamTemplate(ground)
        let spammers = try (0..<connections).map { _ in try Spammer(ground, template) }
        defer { for spammer in spammers { spammer.end() } }
        let deadline = BootClock.now() + drainSeconds * 1_000_000_000
        while BootClock.now() < deadline, !spammers.allSatisfy({ $0.seen.refused > 0 }) {
            pause(for: .milliseconds(50))
        }
        let (began, before) = (BootClock.now(), size(of: ground.ledgerFile))
        pause(for: .seconds(heldSeconds))
        let (seconds, grown) = (
            (BootClock.now() - began) / 1_000_000_000 + 1,
            size(of: ground.ledgerFile) - min(before, size(of: ground.ledgerFile))
        )
        let seen = spammers.map(\.seen)
        var wrong = seen.flatMap(\.wrong)
        if seen.contains(where: { $0.refused == 0 }) {
            wrong.append("a connection could write without an end: \(seen)")
        }
        if grown > (seconds + 1) * bytesPerSecondMax {
            wrong.append("the ledger's file grew by \(grown) bytes in \(seconds) s, after all quotas were used")
        }
        let note =
            "\(seen.reduce(0) { $0 + $1.taken }) taken, \(seen.reduce(0) { $0 + $1.refused }) put off, \(grown) bytes"
        return Answer(200, wrong: wrong, note: note)
    }

    /// The file with its write-ahead log.
    private static func size(of ledger: String) -> UInt64 {
        ["", "-wal"].reduce(0) { sum, suffix in
            let size = (try? FileManager.default.attributesOfItem(atPath: ledger + suffix)[.size]) as? UInt64
            return sum + (size ?? 0)
        }
    }
}

/// A large record of a machine as JSON, cut where it is another for each signer: so much is written only once.
private struct SpamTemplate: Sendable {
    let document: AttestationRecord
    let pieces: [[UInt8]]

    init(_ ground: Ground) throws {
        let key = PrivateKey.generate()
        var record = SentTexts.plain(key.address, key.address, ground.now).record
        record.contradictions = (0..<LedgerLimits.contradictionsMax).map { number in
            Untrusted(String(repeating: "x", count: Limits.eventBytesMax - 2) + "\(10 + number)")
        }
        document = record
        let signed = Signed(record, by: key, in: ground.domain)
        var (rest, pieces) = (try Ground.text(Entry.attestation(signed))[...], [[UInt8]]())
        // In the order of their names, as JSON of ours has them.
        for word in ["\(record.machine)", "\(signed.signature)"] {
            guard let range = rest.range(of: word) else {
                throw LinuxError.malformed(object: "a record", reason: "it lacks \(word)")
            }
            pieces.append(Array(rest[..<range.lowerBound].utf8))
            rest = rest[range.upperBound...]
        }
        self.pieces = pieces + [Array(rest.utf8)]
    }
}

/// A stranger who posts on one connection, in a thread of his own, and takes no advice to wait.
private final class Spammer: @unchecked Sendable {
    struct Seen {
        var taken = 0
        var refused = 0
        var wrong: [String] = []
    }

    private let template: SpamTemplate
    private let lock = NSLock()
    private var isOver = false
    private var found = Seen()
    private let done = DispatchSemaphore(value: 0)

    init(_ ground: Ground, _ template: SpamTemplate) throws {
        self.template = template
        let peer = try Stranger.run { try Peer(ground.ledger, seconds: 20) }
        Thread.detachNewThread { [self] in
            while !lock.withLock({ isOver }), post(ground, on: peer) {}
            done.signal()
        }
    }

    var seen: Seen { lock.withLock { found } }

    func end() {
        lock.withLock { isOver = true }
        done.wait()
    }

    /// False when the connection is over.
    private func post(_ ground: Ground, on peer: Peer) -> Bool {
        let key = PrivateKey.generate()
        var record = template.document
        record.machine = key.address
        let words = ["\(key.address)", "\(Signed(record, by: key, in: ground.domain).signature)", ""]
        let body = zip(template.pieces, words).flatMap { $0 + Array($1.utf8) }
        peer.send(HTTPText.head("POST", "/v1/entries", ["Content-Length: \(body.count)"]) + body)
        let reply = peer.reply()
        lock.withLock {
            switch reply.status {
            case 200: found.taken += 1
            case 429 where reply.header("retry-after").flatMap({ Int($0) }) != nil: found.refused += 1
            default: found.wrong.append("status \(reply.status) for a document: \(reply.body.prefix(200))")
            }
        }
        return reply.status != 0
    }
}
