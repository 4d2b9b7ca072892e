import FoundationEssentials
import GCXModel
import Testing

@Suite("Values")
struct ValueTests {
    @Test("hexadecimal text comes back as the same bytes, in either case")
    func hexRoundTrip() {
        let bytes: [UInt8] = [0x00, 0x0f, 0xf0, 0xff]
        #expect(Hex.encode(bytes) == "0x000ff0ff")
        #expect(Hex.decode("0x000FF0fF") == bytes)
        #expect(Hex.decode("000ff0ff") == bytes)
    }

    @Test("half a byte, a wrong letter and a lone prefix are no hexadecimal text", arguments: ["0x1", "0xzz", "0x0x"])
    func badHex(text: String) { #expect(Hex.decode(text) == nil) }

    @Test("an address of another length is refused")
    func addressLength() {
        #expect(Address("0x" + String(repeating: "ab", count: 20)) != nil)
        #expect(Address("0x" + String(repeating: "ab", count: 19)) == nil)
        #expect(Digest(bytes: [1, 2, 3]) == nil)
    }

    @Test("an amount is decimal text in JSON, to the last of its 128 bits")
    func amountJSON() throws {
        let most = Amount(.max)
        let data = try JSONEncoder().encode([most])
        #expect(String(decoding: data, as: UTF8.self) == "[\"340282366920938463463374607431768211455\"]")
        #expect(try JSONDecoder().decode([Amount].self, from: data) == [most])
    }

    @Test(
        "an amount is digits and nothing else",
        arguments: ["", "-1", "+1", "1.5", "1e3", " 1", "01", "340282366920938463463374607431768211456", "٣"])
    func badAmount(text: String) { #expect(Amount(text) == nil) }

    @Test("adding and subtracting say when the result does not fit")
    func amountArithmetic() {
        #expect(Amount(2).adding(Amount(3)) == Amount(5))
        #expect(Amount(.max).adding(Amount(1)) == nil)
        #expect(Amount(3).subtracting(Amount(3)) == .zero)
        #expect(Amount(2).subtracting(Amount(3)) == nil)
    }

    @Test("trust and isolation are ordered, and isolation is found by its name")
    func levels() {
        #expect(TrustLevel.claimed < .measured && TrustLevel.audited < .hardware)
        #expect(IsolationLevel.allCases.allSatisfy { IsolationLevel(name: $0.description) == $0 })
        #expect(IsolationLevel(name: "none") == nil)
    }

    @Test("the end of a job survives JSON, whatever it was")
    func exitReasons() throws {
        let reasons: [ExitReason] = [
            .exited(code: 3), .signalled(signal: 9), .outOfMemory, .timeLimit, .budget, .cancelled(by: .buyer),
            .hostFailure(description: "disk"), .refused(description: "the image"),
        ]
        #expect(try JSONDecoder().decode([ExitReason].self, from: JSONEncoder().encode(reasons)) == reasons)
    }

    @Test(
        "what was written of an end before there were refused jobs is read, and what is written now is read by who knows none"
    )
    func olderExitReasons() throws {
        /// The ends that were known then, as they were written.
        enum Older: Codable, Equatable {
            case exited(code: Int32)
            case signalled(signal: Int32)
            case outOfMemory
            case timeLimit
            case budget
            case cancelled(by: ExitReason.Canceller)
            case hostFailure(description: Untrusted)
        }
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        let older: [Older] = [
            .exited(code: 3), .signalled(signal: 9), .outOfMemory, .timeLimit, .budget, .cancelled(by: .owner),
            .hostFailure(description: "disk"),
        ]
        let same: [ExitReason] = [
            .exited(code: 3), .signalled(signal: 9), .outOfMemory, .timeLimit, .budget, .cancelled(by: .owner),
            .hostFailure(description: "disk"),
        ]
        #expect(try decoder.decode([ExitReason].self, from: encoder.encode(older)) == same)
        #expect(try decoder.decode([Older].self, from: encoder.encode(same)) == older)
        let refused = try encoder.encode([ExitReason.refused(description: "the image")])
        #expect(try decoder.decode([Older].self, from: refused) == [.hostFailure(description: "the image")])
    }

    @Test("nodes that claim more memory together than a number holds have the largest number")
    func nodeMemory() {
        var topology = Inventory.Topology(allowedPUs: PUSet([]))
        topology.numaNodes = [0, 1].map { .init(osIndex: $0, memoryBytes: .max, pus: PUSet([])) }
        #expect(topology.memoryBytes == .max)
    }
}

@Suite("Sizes as people write them") struct SizeTextTests {
    @Test(
        "each form means what coreutils mean by it",
        arguments: [
            ("0", 0), ("1048576", 1 << 20), ("512M", 512 << 20), ("1Gi", 1 << 30), ("1GiB", 1 << 30), ("1gib", 1 << 30),
            ("1GB", 1_000_000_000), ("2kb", 2_000), ("1.5G", 3 << 29), ("1.5 GiB", 3 << 29), ("0.1K", 102), ("7B", 7),
            ("1P", 1 << 50),
        ] as [(String, UInt64)])
    func good(text: String, bytes: UInt64) { #expect(SizeText.bytes(text) == bytes) }

    @Test(
        "what is no size is none",
        arguments: [
            "", "G", "-1G", "1X", "1GX", "1.G", ".5G", "1.2.3G", "1.0000000001G", "١G", "99999999999999P", "1 2",
        ])
    func bad(text: String) { #expect(SizeText.bytes(text) == nil) }
}

@Suite("What somebody may have meant") struct NearestTests {
    @Test("a word with a few wrong letters is found, and another is not")
    func nearest() {
        let known = ["cpu.fp64.all", "cpu.fp32.all", "memory.triad.all"]
        #expect(Nearest.word(to: "cpu.fp63.all", among: known) == "cpu.fp64.all")
        #expect(Nearest.word(to: "memory.tirad.all", among: known) == "memory.triad.all")
        #expect(Nearest.word(to: "storage", among: known) == nil)
        #expect(Nearest.word(to: "", among: known) == nil)
        #expect(Nearest.word(to: "x", among: [String]()) == nil)
        #expect(
            Nearest.word(to: "jbo", among: ["job", "key"]) == "job", "two letters that changed places are one slip")
        #expect(Nearest.word(to: "foo", among: ["job", "key"]) == nil, "two of three letters wrong is another word")
        #expect(Nearest.word(to: "memory.tr", among: known) == "memory.triad.all", "the only one that begins so")
        #expect(Nearest.word(to: "cpu.fp", among: known) == nil, "two begin so")
    }
}
