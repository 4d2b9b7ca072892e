import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// How uploads are sent, whatever is in them.
extension SentUploads {
    static let transfers =
        lengths + [
            Sending(
                .uploads, "the upload of another buyer's lease", by: "the account that the lease names",
                .refused([403, 404])
            ) { ground in
                let session = try ground.session(by: .generate())
                let path = "/v1/leases/\(try ground.openLease())/uploads/input"
                return Answer(
                    try ground.ask(ground.agent, HTTPText.request("PUT", path, [session], body: harmless("stolen"))))
            },
            Sending(.uploads, "an upload of a kind that climbs", by: "the kinds there are", .refused([400, 403, 404])) {
                ground in
                let path = "/v1/leases/\(try ground.openLease())/uploads/..%2f..%2fimage"
                return Answer(try ground.call("PUT", path, body: harmless("x")))
            },
            Sending(
                .uploads, "an archive that ends its reader, written into an upload that was already looked through",
                by: "uploads that are sealed once they have their name", .taken
            ) {
                try exchange($0, late: TarEntry.archive([.pax([("size", "18446744073709551615")]), .file("x", "x")]))
            },
            Sending(
                .uploads, "another archive, written into an upload that was already looked through and hashed",
                by: "uploads that are sealed once they have their name", .taken
            ) { try exchange($0, late: harmless("late")) },
        ]

    static func harmless(_ word: String) -> [UInt8] { TarEntry.archive([.file("word", word)]) }

    /// Begins one upload, completes another, sends the rest of the first and runs a job: what it sees is what was signed.
    private static func exchange(_ ground: Ground, late: [UInt8]) throws -> Answer {
        let lease = try ground.openLease()
        let early = harmless("early")
        let first = try Peer(ground.agent)
        let path = "/v1/leases/\(lease)/uploads/input"
        first.send(
            HTTPText.head("PUT", path, [try ground.session(), "Content-Length: \(late.count)", "Connection: close"]))
        // Long enough for the first to have its file.
        pause(for: .milliseconds(300))
        let second = try ground.put(.input, lease, early)
        first.send(late)
        let isLateTaken = first.reply().isSuccess
        // One writer at a time: then the second was told to wait, and comes again.
        if !second.isSuccess { _ = try ground.put(.input, lease, early) }
        _ = try ground.put(.image, lease, Ground.rootfs)
        var answer = try ground.run(lease, Ground.job("busybox cat /input/word"))
        let log = try ground.call("GET", "/v1/leases/\(lease)/log").body
        let seen = ["early", "late"].filter { log.contains($0) }
        let signed = [("early", early), ("late", late)].filter { answer.text.contains(SHA256Hex.of($0.1)) }.map(\.0)
        if answer.status == 200, seen != signed {
            answer.wrong.append("the job saw \(seen), and signed is the digest of \(signed)")
        }
        if !isLateTaken, seen.contains("late") { answer.wrong.append("the job saw what was refused") }
        return answer
    }

    /// Heads that lie about the body, each with what follows it.
    private static let lengths: [Sending] = [
        ("an upload that is shorter than it says", ["Content-Length: 100000"], 512),
        ("an upload without a length, in chunks", ["Transfer-Encoding: chunked"], 0),
        ("an upload with a length and in chunks", ["Transfer-Encoding: chunked", "Content-Length: 5"], 0),
        ("an upload of two lengths", ["Content-Length: 512", "Content-Length: 1024"], 512),
        ("an upload of a negative length", ["Content-Length: -1"], 0),
        ("an upload of 2^63 bytes", ["Content-Length: 9223372036854775808"], 512),
        ("an upload of 2^64 bytes", ["Content-Length: 18446744073709551616"], 512),
        ("an upload of an exabyte", ["Content-Length: 1000000000000000000"], 512),
        ("an upload of a length that is no number", ["Content-Length: 0x200"], 512),
    ].map { sends, headers, bytes in
        Sending(.uploads, sends, by: "the length, checked before anything is written", .dropped) { ground in
            let peer = try Peer(ground.agent)
            let path = "/v1/leases/\(try ground.openLease())/uploads/input"
            peer.send(HTTPText.head("PUT", path, [try ground.session()] + headers))
            peer.send(bytes == 0 ? Array("0\r\n\r\n".utf8) : [UInt8](repeating: 0, count: bytes))
            peer.finish()
            return Answer(peer.reply())
        }
    }
}
