/// A row of CONTRIBUTING's table "Not this, but this" that can be seen in the code.
struct Ban: Sendable {
    /// The three cells of the row, as a reader sees them.
    let not: String
    let but: String
    let why: String
    /// Where it holds; the longest paths of homes below them are spared, each with the reason why it must be.
    let folders: [String]
    let homes: [String: String]
    /// What is banned at a place of the code, as it is written there; nil when nothing is.
    let find: @Sendable (SwiftFile, Int) -> String?

    init(
        _ not: String, but: String, why: String, folders: [String] = ["Sources/", "Probes/"],
        homes: [String: String] = [:], find: @escaping @Sendable (SwiftFile, Int) -> String?
    ) {
        (self.not, self.but, self.why, self.folders, self.homes, self.find) = (not, but, why, folders, homes, find)
    }

    /// Rows that only a reader can judge.
    static let forReaders: Set<String> = ["0 for what could not be read"]

    static let table: [Ban] = [
        Ban(
            "try!, as!, fatalError", but: "a typed error; preconditionFailure for what only a bug can reach",
            why: "input must never end the agent", folders: ["Sources/", "Probes/", "Tests/"],
            find: { file, index in
                if call(["fatalError"], file, index) { return "fatalError" }
                let isForced = ["try", "as"].contains(file.code[index].text) && file.isMark("!", at: index + 1)
                return isForced && !file.code[index + 1].isSpaced ? "\(file.code[index].text)!" : nil
            }),
        Ban(
            "Double for money, usage or prices", but: "Amount, ByteSeconds, UInt64 of a named unit",
            why: "sums must be exact",
            folders: [
                "Model", "Signing", "Pricing", "Metering", "Market", "Ledger", "LedgerSQLite", "Config", "Agent", "API",
            ].map { "Sources/GCX\($0)/" },
            find: { file, index in
                let word = file.code[index]
                let isReal = ["Double", "Float", "Float16", "Float80", "Decimal"].contains(word.text)
                return isReal && word.kind == .word ? word.text : nil
            }),
        Ban(
            "*, / on an Amount", but: "a function of Pricing", why: "one rounding, in one place", folders: ["Sources/"],
            homes: [
                "Sources/GCXPricing/": "it is the place", "Sources/GCXBenchmark/": "its values are measured, not paid",
            ], find: product),
        Ban(
            "Date(), clock_gettime", but: "BootClock.now() for durations, WallClock.now() for labels",
            why: "wall time jumps", folders: ["Sources/"],
            homes: ["Sources/GCXLinux/Clocks.swift": "it is where the clocks are read"],
            find: { file, index in
                if call(["Date"], file, index) || file.holds(["Date", ".", "now"], at: index) { return "Date" }
                return call(["clock_gettime", "gettimeofday"], file, index) ? file.code[index].text : nil
            }),
        Ban(
            "Foundation.Process, system", but: "ChildProcess",
            why: "a time limit, an output limit, an environment of its own",
            find: { file, index in
                let imported = Set(Import.all(file).map(\.module))
                if imported.contains("Foundation"), call(["Process"], file, index) { return "Process" }
                if file.holds(["Foundation", ".", "Process"], at: index) { return "Foundation.Process" }
                let isC = !imported.isDisjoint(with: ["Glibc", "Foundation"])
                return isC && call(["system", "popen"], file, index) ? file.code[index].text : nil
            }),
        Ban(
            "sleep, usleep", but: "Task.sleep in a service, pause(for:) in an adapter",
            why: "a pause has a unit, and a stop ends it",
            homes: ["Sources/GCXLinux/Clocks.swift": "it is where a thread pauses"],
            find: { file, index in
                if file.holds(["Thread", ".", "sleep"], at: index) { return "Thread.sleep" }
                return call(["sleep", "usleep", "nanosleep"], file, index) ? file.code[index].text : nil
            }),
        Ban(
            "print in gcx and the modules", but: "Terminal.say, Terminal.complain",
            why: "standard output is for results",
            folders: ["Sources/"],
            find: { file, index in
                call(["print", "debugPrint", "dump", "NSLog"], file, index) ? file.code[index].text : nil
            }),
        Ban(
            "Foundation", but: "FoundationEssentials where it is enough", why: "size and start time",
            homes: ["Sources/GCXSigning/Keystore/KeystorePassword.swift": "only Foundation has the normal form KC"],
            find: { file, index in
                // Where FoundationEssentials is missing, Foundation stands in for it.
                let isFallback = file.holds(["#", "else"], at: index - 2)
                return file.holds(["import", "Foundation"], at: index) && !isFallback ? "import Foundation" : nil
            }),
        Ban(
            "a plain write of state", but: "DurableFile.write, or one transaction of the store", why: "a power cut",
            find: { file, index in
                let writes = [
                    ["write", "(", "to", ":"], ["write", "(", "toFile", ":"], ["createFile", "(", "atPath"],
                ]
                return file.isMark(".", at: index - 1) && writes.contains { file.holds($0, at: index) }
                    ? file.code[index].text : nil
            }),
    ]

    /// Whether one of these functions is called at `index`: not a method of something else, and not declared there.
    private static func call(_ names: Set<String>, _ file: SwiftFile, _ index: Int) -> Bool {
        guard names.contains(file.code[index].text), file.code[index].kind == .word, file.isMark("(", at: index + 1)
        else { return false }
        // `Glibc.system(…)` is the same function.
        if file.isMark(".", at: index - 1) {
            return file.holds(["Glibc"], at: index - 2) || file.holds(["Swift"], at: index - 2)
        }
        return !["func", "case"].contains { file.holds([$0], at: index - 1) }
    }

    /// `amount.value * n` or `n / amount.value`: only through `value` does an Amount become a number that has these.
    @Sendable private static func product(_ file: SwiftFile, _ index: Int) -> String? {
        guard file.holds([".", "value"], at: index - 1), !file.isMark("(", at: index + 1) else { return nil }
        let operators: Set<String> = ["*", "/", "%"]
        var first = index - 2
        while file.isMark(".", at: first - 1) { first -= 2 }
        let isFactor = [first - 1, index + 1].contains { place in operators.contains { file.isMark($0, at: place) } }
        // Usage has its own units, whose names say so.
        let name = file.code[max(0, index - 2)].text
        let isUsage = ["Nanoseconds", "Seconds", "Bytes"].contains { name.hasSuffix($0) }
        return isFactor && !isUsage ? "\(name).value in a product" : nil
    }

    static func violations(_ files: [SwiftFile], _ table: [Ban] = table) -> [Violation] {
        files.flatMap { file in table.flatMap { $0.violations(file) } }
    }

    private func violations(_ file: SwiftFile) -> [Violation] {
        guard folders.contains(where: file.path.hasPrefix), !homes.keys.contains(where: file.path.hasPrefix) else {
            return []
        }
        return file.code.indices.compactMap { index in
            find(file, index).map {
                Violation(
                    path: file.path, line: file.code[index].line, finding: "`\($0)`", reason: why, remedy: "use \(but)")
            }
        }
    }
}
