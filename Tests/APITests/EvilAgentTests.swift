import GCXAgent
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import Glibc
import Synchronization
import Testing

@testable import GCXClient
@testable import GCXWire

/// What a machine may answer to its buyer, who believes none of it.
@Suite(.timeLimit(.minutes(2))) struct EvilAgentTests {
    let lease = SampleLease()
    let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    private var stated: OutputStatement {
        get throws { try #require(OutputStatement(digest: SHA256Hex.of(content), bytes: UInt64(content.count))) }
    }

    /// Fetches an output from an agent that answers so; the error, and what lies there then.
    private func fetch(
        _ head: [UInt8], _ body: [UInt8] = [], part: [UInt8] = [], _ terms: OutputTerms
    ) async throws -> (error: AgentError?, files: [String]) {
        try await withEvilAgent { _, write in
            _ = write(head + body)
        } _: { client, directory in
            if !part.isEmpty { try DurableFile.write(part, to: directory + "/out.part") }
            let error = await #expect(throws: AgentError.self) {
                try await client.downloadOutput(lease.id, to: directory + "/out", by: .owner, accepting: terms)
            }
            return (error, try Files.names(in: directory).filter { $0 != "evil.sock" })
        }
    }

    @Test(
        "a part that begins elsewhere, or is as long as no file, is refused",
        arguments: [
            ("18446744073709551615", "bytes 999-18446744073709551614/18446744073709551615"),
            ("18446744073709551615", nil), ("9223372036854775807", "bytes 999-9223372036854775806/9223372036854775807"),
            ("100", "bytes 0-99/100"), ("100", "bytes 998-1097/1098"), ("100", "bytes 999-1098/2000"),
            ("100", "bytes 999-1098/18446744073709551616"), ("100", "bytes 999-998/1098"), ("100", "bytes */1098"),
            ("101", "bytes 999-1098/1099"), ("-1", "bytes 999-1098/1099"), ("100", nil),
        ])
    func parts(length: String, range: String?) async throws {
        var headers = ["Content-Length": length]
        headers["Content-Range"] = range
        let found = try await fetch(
            EvilServer.head("206 Partial Content", headers), [UInt8](repeating: 7, count: 100),
            part: [UInt8](repeating: 7, count: 1_000), OutputTerms(bytesMax: 1 << 20))
        #expect(!found.files.contains("out"), "\(String(describing: found.error))")
    }

    @Test("a part that nobody asked for is refused")
    func unaskedPart() async throws {
        let head = EvilServer.head(
            "206 Partial Content", ["Content-Length": "100", "Content-Range": "bytes 0-99/100"])
        let found = try await fetch(head, [UInt8](repeating: 7, count: 100), OutputTerms())
        #expect(found.error?.description.contains("its range is") == true)
    }

    @Test("an announcement that differs from what the machine signed is refused before a byte is taken")
    func announced() async throws {
        let terms = OutputTerms(stated: try stated, bytesMax: 1 << 30)
        let other = SHA256Hex.of([1])
        for headers in [
            ["Content-Length": "300001"], ["Content-Length": "300000", "ETag": "\"sha256:\(other)\""],
            ["Content-Length": "300000", "ETag": "\"whatever\""], ["Content-Length": "300000", "ETag": "\u{FF}"],
            ["Content-Length": "300000", "ETag": "\"sha256:\(other.uppercased())\""],
            ["Content-Length": "300000", "ETag": "W/\"sha256:\(try stated.digest)\""],
        ] {
            let found = try await fetch(EvilServer.head("200 OK", headers), content, terms)
            guard case .answerImpossible = found.error else {
                Issue.record("\(headers): \(String(describing: found.error))")
                continue
            }
            #expect(found.files == [])
        }
    }

    @Test("an output that is not the signed one gets no name, whatever its tag says")
    func otherOutput() async throws {
        var changed = content
        changed[200_000] ^= 1
        let head = EvilServer.head(
            "200 OK", ["Content-Length": "\(content.count)", "ETag": "\"sha256:\(try stated.digest)\""])
        let found = try await fetch(head, changed, OutputTerms(stated: try stated))
        #expect(found.files == [])
        #expect(found.error?.description.contains("was to come") == true)
        #expect(found.error?.remedy.instruction.contains("gcx receipt verify") == true)
    }

    @Test("the signed output is taken, also without a tag, and after a part of another file at the second try")
    func signedOutput() async throws {
        try await withEvilAgent { [content] request, write in
            guard let range = request.split(separator: "\r\n").first(where: { $0.hasPrefix("range: bytes=") }),
                let offset = Int(range.dropFirst("range: bytes=".count).dropLast())
            else {
                _ = write(EvilServer.answer(content))
                return
            }
            let headers = [
                "Content-Length": "\(content.count - offset)",
                "Content-Range": "bytes \(offset)-\(content.count - 1)/\(content.count)",
            ]
            _ = write(EvilServer.head("206 Partial Content", headers) + content[offset...])
        } _: { client, directory in
            let terms = OutputTerms(stated: try stated)
            try DurableFile.write([UInt8](repeating: 7, count: 1_000), to: directory + "/out.part")
            let error = await #expect(throws: AgentError.self) {
                try await client.downloadOutput(lease.id, to: directory + "/out", by: .owner, accepting: terms)
            }
            guard case .unreachable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let fetched = try await client.downloadOutput(
                lease.id, to: directory + "/out", by: .owner, accepting: terms)
            #expect(fetched?.digest == terms.stated?.digest)
            #expect(try Files.bytes(directory + "/out", limit: 1 << 20) == content)
        }
    }

    @Test("a download without an end ends at what the lease allows, announced or not")
    func endless() async throws {
        let most: UInt64 = 1 << 20
        for headers in [["Transfer-Encoding": "chunked"], ["Content-Length": "1073741824"]] {
            try await withEvilAgent { _, write in
                guard write(EvilServer.head("200 OK", headers)) else { return }
                let piece = [UInt8](repeating: 0, count: 0x10000)
                let chunk =
                    headers["Content-Length"] == nil ? Array("10000\r\n".utf8) + piece + Array("\r\n".utf8) : piece
                while write(chunk) {}
            } _: { client, directory in
                let error = await #expect(throws: AgentError.self) {
                    try await client.downloadOutput(
                        lease.id, to: directory + "/out", by: .owner, accepting: OutputTerms(bytesMax: most))
                }
                guard case .answerImpossible = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(Disk.size(of: directory + "/out.part") ?? 0 <= most)
                #expect(!Files.exists(directory + "/out"))
            }
        }
    }

    @Test("what hardly moves is given up")
    func pace() throws {
        var pace = Pace(window: .milliseconds(20), bytesMin: 100)
        try pace.move(to: 1)
        usleep(30_000)
        try pace.move(to: 101)
        usleep(30_000)
        #expect(throws: TooSlow.self) { try pace.move(to: 200) }
    }

    @Test("an answer without an end is read to its bound, in body and head")
    func endlessAnswers() async throws {
        try await withEvilAgent { _, write in
            guard write(EvilServer.head("200 OK", ["Transfer-Encoding": "chunked"])) else { return }
            let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 0x20, count: 0x10000) + Array("\r\n".utf8)
            while write(chunk) {}
        } _: { client, _ in
            let error = await #expect(throws: AgentError.self) { try await client.job(lease.id, by: .owner) }
            #expect(
                error?.description.contains(
                    "larger than \(NumberText.count(ClientLimits.documentAnswerBytesMax, "byte"))") == true)
        }
        let before = Self.residentBytes
        try await withEvilAgent { _, write in
            guard write(Array("HTTP/1.1 200 OK\r\n".utf8)) else { return }
            let line = Array("x-more: \(String(repeating: "a", count: 8_000))\r\n".utf8)
            while write(line) {}
        } _: { client, _ in
            _ = await #expect(throws: AgentError.self) { try await client.job(lease.id, by: .owner) }
        }
        #expect(Self.residentBytes < before + (256 << 20))
    }

    private static var residentBytes: UInt64 {
        let text = (try? Files.text("/proc/self/statm")) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0) * 4_096
    }

    @Test("an answer that is JSON in disguise is refused, and one with a new field is not")
    func answers() async throws {
        let json = String(decoding: try WireJSON.encode(lease.status()), as: UTF8.self)
        let cases: [(String, Bool)] = [
            (json, true), (json.dropLast() + #","novelty":[1.5,{"a":null}]}"#, true),
            (json.dropLast() + #","phase":"closed"}"#, false), (json.dropLast() + #","novelty":{"a":1,"a":2}}"#, false),
            (json.replacing("\"receipts\":1", with: "\"receipts\":1.0"), false), ("\u{FEFF}" + json, false),
            (json.replacing("\"receipts\":1", with: "\"receipts\":18446744073709551616"), false), (json + "x", false),
        ].map { ("\($0.0)", $0.1) }
        for (text, isTaken) in cases {
            try await withEvilAgent { _, write in
                _ = write(EvilServer.answer(Array(text.utf8)))
            } _: { client, _ in
                let status = try? await client.job(lease.id, by: .owner)
                #expect((status == lease.status()) == isTaken, "\(text.suffix(60))")
            }
        }
    }

    @Test("an answer whose body never comes is waited for no longer than the call's time")
    func noBody() async throws {
        try await withScratch { directory in
            let path = directory + "/evil.sock"
            let isOver = Mutex(false)
            let server = try EvilServer(at: path) { _, write in
                _ = write(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".utf8))
                while !isOver.withLock({ $0 }) { usleep(10_000) }
            }
            defer { server.stop() }
            defer { isOver.withLock { $0 = true } }
            var call = HTTPCall.get("/v1/status")
            (call.timeout, call.isRepeatable) = (.milliseconds(300), false)
            let start = ContinuousClock.now
            let error = await #expect(throws: TransportError.self) {
                try await HTTPTransport.shared.answer(call, from: ServerAddress(.unix(path: path)))
            }
            #expect(error == .timedOut)
            // Silence alone ends a call a minute and a half later.
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test("a ledger whose list goes on for ever without an item is left")
    func emptyPages() async throws {
        let asked = Mutex(0)
        try await withScratch { directory in
            let path = directory + "/evil.sock"
            let server = try EvilServer(at: path) { _, write in
                let next = asked.withLock { asked in
                    asked += 1
                    return asked
                }
                _ = write(EvilServer.answer(Array("[]".utf8), ["gcx-next": "\(next)"]))
            }
            defer { server.stop() }
            let ledger = HTTPLedger(.unix(path: path))
            let list = await #expect(throws: LedgerError.self) { try await ledger.offers(liveOnly: true) }
            #expect(list?.description.contains("no end") == true)
            #expect(asked.withLock { $0 } == ClientLimits.emptyPagesMax + 1)
            let journal = await #expect(throws: LedgerError.self) { try await ledger.entries(from: 0, limit: 10) }
            #expect(journal?.description.contains("without entries") == true)
        }
    }

    @Test("an agent whose receipts have no end is left")
    func endlessReceipts() async throws {
        let receipts = lease.receipts(1)
        let asked = Mutex(UInt64(0))
        try await withEvilAgent { _, write in
            let first = asked.withLock { asked in
                asked += 1
                return asked * 200
            }
            let page = (0..<200).map { number in
                var document = receipts[0].document
                document.sequence = first + UInt64(number)
                return Signed(document: document, signature: receipts[0].signature)
            }
            _ = write(EvilServer.answer((try? WireJSON.encode(page)) ?? []))
        } _: { client, _ in
            let error = await #expect(throws: AgentError.self) {
                try await client.allReceipts(lease.id, by: .owner, most: 500)
            }
            #expect(error?.description.contains("more than 500 receipts") == true)
        }
    }

    @Test("pages that do not go on, and an answer about another lease, are refused")
    func order() async throws {
        let receipts = lease.receipts(3)
        for page in [Array(receipts.reversed()), [receipts[0]], receipts + [receipts[2]]] {
            let body = try WireJSON.encode(page)
            try await withEvilAgent { _, write in
                _ = write(EvilServer.answer(body))
            } _: { client, _ in
                let error = await #expect(throws: AgentError.self) {
                    try await client.receipts(lease.id, after: 1, waitSeconds: 0, by: .owner)
                }
                #expect(error?.description.contains("comes receipt") == true)
            }
        }
        let other = try WireJSON.encode(SampleLease().status())
        try await withEvilAgent { _, write in
            _ = write(EvilServer.answer(other))
        } _: { client, _ in
            let error = await #expect(throws: AgentError.self) { try await client.job(lease.id, by: .owner) }
            #expect(error?.description.contains("was asked for") == true)
        }
    }
}
