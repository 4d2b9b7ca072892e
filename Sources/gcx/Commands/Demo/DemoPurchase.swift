import GCXLinux
import GCXModel

/// The buyer's `gcx run`, seen while it runs.
struct DemoPurchase: Sendable {
    let stage: DemoStage
    let input: String
    let seconds: UInt64
    /// Who spoke to whom meanwhile.
    private(set) var wire: DemoWire
    /// The lease, as the command names it.
    private(set) var lease = ""
    /// What the job wrote.
    private var written: [String] = []

    /// What is seen of the command.
    enum Seen {
        /// It has signed: what it says next is the contract.
        case signed
        case said(String)
        /// The job is about to run.
        case begun
        /// A line of the job's.
        case wrote(String)
        /// The job is over: what it says next is about the money.
        case over
    }

    init(stage: DemoStage, input: String, seconds: UInt64, wire: DemoWire) {
        (self.stage, self.input, self.seconds, self.wire) = (stage, input, seconds, wire)
    }

    private var options: [String] {
        [
            "run", "--key", "buyer.json", "--password-file", "password", "--cores", "1", "--memory", "256M",
            "--storage",
            "256M", "--require", "cpu.cores>=1", "--for", "\(max(120, seconds * 4))s", "--max-price", "0.005TEST",
            "--yes",
            "--receipts", "--image", "oci:image:demo", "--input", input, "--output", "results", "--", "/bin/sh", "-c",
        ]
    }

    /// As a person types it, but for the job's program, which is long.
    var command: String {
        "gcx " + options.map { $0.allSatisfy(Self.isPlain) ? $0 : "'\($0)'" }.joined(separator: " ") + " '…'"
    }

    private static func isPlain(_ letter: Character) -> Bool {
        letter.isLetter || letter.isNumber || "-_./:,=".contains(letter)
    }

    /// Files that the job left.
    var outputs: [String] { get throws { try Files.names(in: stage.buyer.path("results")).sorted() } }

    /// CPU time by the job's own count, nanoseconds.
    var selfReported: UInt64? { DemoInput.cpuNanoseconds(from: written.joined(separator: "\n")) }

    /// Runs the command to its end.
    ///
    /// - Throws: ``CommandError`` where the command, or its job, ends with another status than 0.
    mutating func run(_ show: (Seen) -> Void) async throws {
        let buyer = stage.buyer
        // bounded: joins lists
        try stage.start(buyer, options + [DemoInput.program(seconds: seconds)], error: "said")
        var (output, error) = (DemoTail(stage.log(of: buyer)), DemoTail(buyer.path("said")))
        var end: WaitStatus?
        repeat {
            end = stage.end(of: buyer)
            wire.look()
            for line in error.lines(isAll: end != nil) { note(line, show) }
            for line in output.lines(isAll: end != nil) {
                written.append(line)
                show(.wrote(line))
            }
            if end == nil { try await Task.sleep(for: .milliseconds(100)) }
        } while end == nil
        guard end == .exited(0) else {
            throw CommandError("gcx run ended with status \(end?.code ?? 0)", fix: "See above why; run `gcx doctor`.")
        }
    }

    private mutating func note(_ line: String, _ show: (Seen) -> Void) {
        if line.hasPrefix("lease 0x"), let name = line.dropFirst("lease ".count).split(separator: ":").first {
            lease = String(name)
            show(.signed)
            show(.said(line))
            return show(.begun)
        }
        if line.hasPrefix("job ") { show(.over) }
        show(.said(line))
    }
}
