package import FoundationEssentials
import GCXModel

/// What runs `gcx-probe` as a child process.
package protocol BenchmarkProcess: Sendable {
    /// - Parameters:
    ///   - arguments: after the program's name.
    ///   - timeout: when the child and all it started are killed.
    /// - Returns: what the child wrote on its standard output.
    /// - Throws: whatever kept it from ending with status 0, with the child's own words.
    func run(arguments: [String], timeout: Duration) async throws -> Data
}

/// What to measure, how long and where.
package struct BenchmarkPlan: Equatable, Sendable {
    /// Names of the benchmarks, in the order of the registry.
    package let axes: [String]
    /// Time for all of them together.
    package let seconds: Double
    /// Where the file of the storage benchmarks is made, without a name, so that nothing is left behind.
    package let directory: String
    /// Bytes that the storage benchmarks may write, all together.
    package let bytesMax: UInt64
    /// Cores to use; nil for all that are allowed.
    package let threads: Int?
    /// The other end of the network figures, and the account that the run is for; nil without one.
    package var peer: PeerTarget?

    /// - Throws: ``BenchmarkError/unknownAxis(_:)``, ``BenchmarkError/secondsOutOfRange(_:)``,
    ///   ``BenchmarkError/threadsOutOfRange(_:)`` or ``BenchmarkError/bytesTooFew(_:)``.
    package init(
        axes: [String] = BenchmarkRegistry.names, seconds: Double, directory: String, bytesMax: UInt64,
        threads: Int? = nil
    ) throws(BenchmarkError) {
        if let unknown = axes.first(where: { !BenchmarkRegistry.names.contains($0) }) { throw .unknownAxis(unknown) }
        guard seconds > 0, seconds <= BenchmarkLimits.secondsMax else { throw .secondsOutOfRange(seconds) }
        let writes = axes.contains { $0.hasPrefix("storage.") }
        guard !writes || bytesMax >= BenchmarkLimits.storageBytesMin else { throw .bytesTooFew(bytesMax) }
        if let threads, !(1...BenchmarkLimits.threadsMax).contains(threads) { throw .threadsOutOfRange(threads) }
        self.axes = BenchmarkRegistry.names.filter(axes.contains)
        self.threads = threads
        self.seconds = seconds
        self.directory = directory
        self.bytesMax = bytesMax
    }

    /// The arguments of `gcx-probe` that ask for this plan.
    package var arguments: [String] {
        [
            "bench", "--axes", axes.joined(separator: ","), "--seconds", String(seconds), "--directory", directory,
            "--bytes-max", String(bytesMax),
        ] + (threads.map { ["--threads", String($0)] } ?? [])
            + (peer.map { ["--peer", $0.endpoint, "--account", $0.account] } ?? [])  // bounded: joins lists
    }

    /// When the probe is taken to hang.
    // bounded: of Doubles; `seconds` is at most `secondsMax`
    package var timeout: Duration { .seconds(seconds + BenchmarkLimits.graceSeconds) }
}

/// Where the other end of the network figures is.
package struct PeerTarget: Equatable, Sendable {
    /// `HOST:PORT`, an IPv6 address in brackets.
    package let endpoint: String
    /// Hexadecimal; of zeros when nobody will sign the run.
    package let account: String
    package let host: String
    package let port: UInt16

    /// Port where none is named.
    package static let portDefault: UInt16 = 7_177

    /// Nil unless the text names a host, and a port or none.
    package init?(_ endpoint: String, account: String = "0x" + String(repeating: "0", count: 40)) {
        var host = Substring(endpoint)
        var port = Self.portDefault
        let end = endpoint.lastIndex(of: "]") ?? endpoint.startIndex
        // bounded here: places that were found in the text
        if let colon = endpoint[end...].lastIndex(of: ":") {
            guard let number = UInt16(endpoint[endpoint.index(after: colon)...]) else { return nil }
            (host, port) = (endpoint[..<colon], number)
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, isBracketed || !host.contains(":"),
            !host.contains(where: { $0.isWhitespace || $0 == "[" || $0 == "]" })
        else { return nil }
        (self.endpoint, self.account, self.host, self.port) = (endpoint, account, String(host), port)
    }
}

/// The probe was asked for what it cannot do, and said what.
package struct BenchmarkRefusal: WordedError {
    /// sysexits.h: the arguments are wrong.
    package static let exitStatus: Int32 = 64
    package let description: String

    package init(description: String) { self.description = description }
}

/// Runs the benchmarks in the probe, behind the process wall.
package struct BenchmarkRunner<Process: BenchmarkProcess>: Sendable {
    private let process: Process

    package init(process: Process) { self.process = process }

    /// Measures; takes about `plan.seconds`, at most ``BenchmarkPlan/timeout``.
    ///
    /// - Throws: ``BenchmarkError``; whatever the probe did, nothing of it is left running or on disk.
    package func run(_ plan: BenchmarkPlan) async throws(BenchmarkError) -> BenchmarkReport {
        let output: Data
        do {
            output = try await process.run(arguments: plan.arguments, timeout: plan.timeout)
        } catch let refusal as BenchmarkRefusal {
            throw .refused(refusal.description)
        } catch let error as any RemediedError {
            throw .probeStopped(error.description, remedy: error.remedy)
        } catch {
            throw .probeFailed(ForeignError.words(error))
        }
        return try BenchmarkReport(decoding: output)
    }
}
