import GCXBenchmark
import GCXModel
import Glibc

/// `gcx-probe bench`: measures and prints one JSON document.
enum BenchCommand {
    /// sysexits.h: wrong arguments, and a failure inside.
    private static let usageExit = BenchmarkRefusal.exitStatus
    private static let softwareExit: Int32 = 70

    /// - Parameter arguments: after `bench`.
    /// - Returns: the exit status; on anything but 0 a sentence stands on standard error and nothing on standard output.
    static func run(arguments: [String]) -> Int32 {
        do {
            let options = try BenchOptions(arguments)
            if options.environmentIsOpen { BenchEnvironment.restartClean() }
            let report = try BenchSession(options: options).run()
            print(String(decoding: try report.encoded(), as: UTF8.self))
            return 0
        } catch let error as BenchOptions.Wrong {
            return complain(error.description, usageExit)
        } catch let error as BenchmarkError {
            return complain(error.description, usageExit)
        } catch let error as BenchFailure where error.isRefusal {
            return complain(error.description, usageExit)
        } catch {
            return complain(ForeignError.words(error), softwareExit)
        }
    }

    private static func complain(_ text: String, _ status: Int32) -> Int32 {
        let line = Array("gcx-probe bench: \(text)\n".utf8)
        _ = unsafe write(STDERR_FILENO, line, line.count)
        return status
    }
}

/// The arguments of `gcx-probe bench`.
struct BenchOptions {
    /// Why the arguments mean nothing.
    enum Wrong: WordedError {
        case unknown(String)
        case valueMissing(String)
        case notAPeer(String)
        case notANumber(option: String, value: String)

        var description: String {
            switch self {
            case .unknown(let option): "unknown option `\(option)`"
            case .valueMissing(let option): "`\(option)` needs a value"
            case .notAPeer(let text): "`--peer`: `\(text)` is no HOST:PORT"
            case .notANumber(let option, let value): "`\(option)`: `\(value)` is no number"
            }
        }
    }

    var benchmarks: [Benchmark]
    var seconds: Double
    var directory: String
    var bytesMax: UInt64
    /// Cores to use; nil for all that are allowed.
    var threads: Int?
    /// The other end of the network figures.
    var peer: PeerTarget?
    /// Names that a clean start took away; ``environmentIsOpen`` until it has.
    var environmentRemoved: [String]
    var environmentIsOpen: Bool

    /// - Throws: ``Wrong``, or the `BenchmarkError` of the plan that the options make.
    init(_ arguments: [String]) throws {
        var values = try Self.pairs(arguments)
        let axes = values.removeValue(forKey: "--axes").map { $0.split(separator: ",").map(String.init) }
        let seconds = try Self.number("--seconds", values.removeValue(forKey: "--seconds") ?? "5", Double.init)
        let bytes = try Self.number("--bytes-max", values.removeValue(forKey: "--bytes-max") ?? "268435456") {
            UInt64($0)
        }
        let threads = try values.removeValue(forKey: "--threads").map { try Self.number("--threads", $0) { Int($0) } }
        let directory = values.removeValue(forKey: "--directory") ?? "."
        let account = values.removeValue(forKey: "--account")
        if let endpoint = values.removeValue(forKey: "--peer") {
            guard let target = account.map({ PeerTarget(endpoint, account: $0) }) ?? PeerTarget(endpoint) else {
                throw Wrong.notAPeer(endpoint)
            }
            peer = target
        }
        let scrubbed = values.removeValue(forKey: BenchEnvironment.markOption)
        if let unknown = values.keys.min() { throw Wrong.unknown(unknown) }
        let plan = try BenchmarkPlan(
            axes: axes ?? BenchmarkRegistry.names, seconds: seconds, directory: directory, bytesMax: bytes,
            threads: threads)
        benchmarks = plan.axes.compactMap(BenchmarkRegistry.benchmark(named:))
        self.seconds = seconds
        self.directory = directory
        bytesMax = bytes
        self.threads = threads
        environmentIsOpen = scrubbed == nil
        environmentRemoved = (scrubbed ?? "").split(separator: ",").map(String.init)
    }

    private static func pairs(_ arguments: [String]) throws -> [String: String] {
        var values: [String: String] = [:]
        for index in stride(from: 0, to: arguments.count, by: 2) {
            guard arguments[index].hasPrefix("--") else { throw Wrong.unknown(arguments[index]) }
            guard index + 1 < arguments.count else { throw Wrong.valueMissing(arguments[index]) }
            values[arguments[index]] = arguments[index + 1]
        }
        return values
    }

    private static func number<N>(_ option: String, _ text: String, _ parse: (String) -> N?) throws -> N {
        guard let value = parse(text) else { throw Wrong.notANumber(option: option, value: text) }
        return value
    }
}
