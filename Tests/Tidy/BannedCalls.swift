/// A row of CONTRIBUTING's table "Not this, but this" that can be seen in the code.
struct Ban: Sendable {
    /// The three cells of the row, as a reader sees them.
    let not: String
    let but: String
    let why: String
    /// Where it holds.
    let folders: [String]
    /// What is spared below the folders, each with the reason why it must be.
    let homes: [String: String]
    /// The words that `find` is asked about.
    let words: Set<String>
    /// What is banned at a word of the code, as it is written there; nil when nothing is.
    let find: @Sendable (SwiftFile, Int) -> String?

    init(
        _ not: String, but: String, why: String, folders: [String] = ["Sources/", "Probes/"],
        homes: [String: String] = [:], words: Set<String>, find: @escaping @Sendable (SwiftFile, Int) -> String?
    ) {
        (self.not, self.but, self.why) = (not, but, why)
        (self.folders, self.homes, self.words, self.find) = (folders, homes, words, find)
    }

    /// Rows that only a reader can judge.
    static let forReaders: Set<String> = ["0 for what could not be read"]

    static let table: [Ban] = [
        Ban(
            "try!, as!, fatalError", but: "a typed error; preconditionFailure for what only a bug can reach",
            why: "input must never end the agent", folders: ["Sources/", "Probes/", "Tests/"],
            words: ["try", "as", "fatalError"],
            find: { file, index in
                if file.code[index].text == "fatalError" { return isCall(file, index) ? "fatalError" : nil }
                let isForced = file.isMark("!", at: index + 1) && !file.code[index + 1].isSpaced
                return isForced ? "\(file.code[index].text)!" : nil
            }),
        Ban(
            "Double for money, usage or prices", but: "Amount, ByteSeconds, UInt64 of a named unit",
            why: "sums must be exact",
            folders: [
                "Model", "Signing", "Pricing", "Metering", "Market", "Ledger", "LedgerSQLite", "Config", "Agent", "API",
            ].map { "Sources/GCX\($0)/" },
            homes: ["Sources/GCXModel/JSON/": "it hands on what is measured, and to fields of that type alone"],
            words: ["Double", "Float", "Float16", "Float80", "Decimal"], find: { $0.code[$1].text }),
        Ban(
            "*, / on an Amount", but: "a function of Pricing", why: "one rounding, in one place", folders: ["Sources/"],
            homes: [
                "Sources/GCXPricing/": "it is the place", "Sources/GCXBenchmark/": "its values are measured, not paid",
            ], words: ["value"], find: product),
        Ban(
            "Date(), clock_gettime", but: "BootClock.now() for durations, WallClock.now() for labels",
            why: "wall time jumps", folders: ["Sources/"],
            homes: [
                "Sources/GCXLinux/Clocks.swift": "it is where the clocks are read",
                "Sources/GCXTransport/ServerCertificate.swift": "a certificate's dates are made of numbers",
                "Sources/GCXTransport/ClientKey.swift": "the same",
            ],
            words: ["Date", "clock_gettime", "gettimeofday"],
            find: { file, index in
                let isRead = isCall(file, index) || file.holds(["Date", ".", "now"], at: index)
                return isRead ? file.code[index].text : nil
            }),
        Ban(
            "BootClock, WallClock, Task.sleep in the agent", but: "the AgentClock of its context",
            why: "a test moves its clocks by hand", folders: ["Sources/GCXAgent/"],
            homes: [
                "Sources/GCXAgent/AgentClock.swift": "it is where the agent gets its clocks and waits",
                "Sources/GCXAgent/Services/NotifyService.swift": "it serves the ledger's program too",
            ], words: ["BootClock", "WallClock", "sleep"],
            find: { file, index in
                let name = file.code[index].text
                guard name == "sleep" else { return name }
                return file.holds(["Task", "."], at: index - 2) ? "Task.sleep" : nil
            }),
        Ban(
            "Foundation.Process, system", but: "ChildProcess",
            why: "a time limit, an output limit, an environment of its own", words: ["Process", "system", "popen"],
            find: { file, index in
                if file.holds(["Foundation", ".", "Process"], at: index - 2) { return "Foundation.Process" }
                // Without these imports the name is one of ours.
                let libraries = file.code[index].text == "Process" ? ["Foundation"] : ["Foundation", "Glibc"]
                let isImported = Import.all(file).contains { libraries.contains($0.module) }
                return isImported && isCall(file, index) ? file.code[index].text : nil
            }),
        Ban(
            "sleep, usleep", but: "Task.sleep in a service, pause(for:) in an adapter",
            why: "a pause has a unit, and a stop ends it",
            homes: ["Sources/GCXLinux/Clocks.swift": "it is where a thread pauses"],
            words: ["sleep", "usleep", "nanosleep"],
            find: { file, index in
                if file.holds(["Thread", "."], at: index - 2) { return "Thread.sleep" }
                return isCall(file, index) ? file.code[index].text : nil
            }),
        Ban(
            "print in gcx and the modules", but: "Terminal.say, Terminal.complain",
            why: "standard output is for results", folders: ["Sources/"],
            words: ["print", "debugPrint", "dump", "NSLog"],
            find: { isCall($0, $1) ? $0.code[$1].text : nil }),
        Ban(
            "\\(error), localizedDescription in a text",
            but: "error.description of a type of ours, else ForeignError.words",
            why: "a library's text names its types and speaks to its developers",
            homes: [
                "Sources/GCXServer/Server/ErrorMiddleware.swift":
                    "a defect is logged as it came, and whoever asked hears nothing of it",
                "Sources/gcx/Output/Failure.swift": "GCX_DEBUG asks for it, in a line of its own",
            ], words: ["error", "localizedDescription", "shortDescription", "errorDescription"], find: foreignText),
        Ban(
            "JSONDecoder, JSONSerialization", but: "StrictJSON.decode",
            why: "a field that is doubled, unknown or no number as written is refused by name",
            words: ["JSONDecoder", "JSONSerialization"], find: { $0.code[$1].text }),
        Ban(
            "Foundation", but: "FoundationEssentials where it is enough", why: "size and start time",
            homes: ["Sources/GCXSigning/Keystore/KeystorePassword.swift": "only Foundation has the normal form KC"],
            words: ["import"],
            find: { file, index in
                // Where FoundationEssentials is missing, Foundation stands in for it.
                let isFallback = file.holds(["#", "else"], at: index - 2)
                return file.holds(["import", "Foundation"], at: index) && !isFallback ? "import Foundation" : nil
            }),
        Ban(
            "a JSON encoder of one's own", but: "CanonicalJSON", why: "digests are made of these bytes",
            homes: ["Sources/GCXJSON/CanonicalJSON.swift": "it is the recipe"], words: ["JSONEncoder"],
            find: { isCall($0, $1) ? $0.code[$1].text : nil }),
        Ban(
            "a plain write of state", but: "DurableFile.write, or one transaction of the store", why: "a power cut",
            words: ["write", "createFile"],
            find: { file, index in
                let namesFile = ["to", "toFile", "atPath"].contains { file.holds(["(", $0, ":"], at: index + 1) }
                return namesFile && file.isMark(".", at: index - 1) ? file.code[index].text : nil
            }),
        Ban(
            ".raw(for:) of an Untrusted", but: ".shown", why: "a stranger wrote it, and a terminal obeys it",
            homes: [
                "Sources/GCXModel/Text/Untrusted.swift": "it is where the text is",
                "Sources/GCXModel/Documents/OutputStatement.swift":
                    "a digest and a number are read out of it, or nothing",
                "Sources/GCXModel/Documents/JobBeginning.swift": "a number is read out of it, or nothing",
                "Sources/GCXWire/Endpoint.swift": "a closed form is read out of it, or nothing",
                "Sources/GCXWire/ServerAddress.swift": "a closed form is read out of it, or nothing",
                "Sources/GCXSigning/TypedData/TypedField.swift": "a signature covers the very bytes",
                "Sources/GCXAgent/Store/AgentStore+Events.swift": "a row keeps what happened as it was said",
                "Sources/GCXAgent/Lease/LeaseKeeper+Job.swift": "a device is handed out by its CDI name",
                "Sources/GCXAgent/Lease/LeaseUploads.swift": "an image is looked up by its reference",
            ], words: ["raw"],
            find: { $0.holds(["raw", "(", "for", ":"], at: $1) ? ".raw(for:)" : nil }),
    ]

    /// Whether a function is called at `index`: not a method of something else, and not declared there.
    private static func isCall(_ file: SwiftFile, _ index: Int) -> Bool {
        guard file.isMark("(", at: index + 1) else { return false }
        // `Glibc.system(…)` is the same function.
        if file.isMark(".", at: index - 1) {
            return ["Glibc", "Swift", "Foundation"].contains { file.holds([$0], at: index - 2) }
        }
        return !["func", "case"].contains { file.holds([$0], at: index - 1) }
    }

    /// An error in a text by its own word, which is a library's where the error is any.
    @Sendable private static func foreignText(_ file: SwiftFile, _ index: Int) -> String? {
        guard file.code[index].text == "error" else { return file.code[index].text }
        guard file.isMark(")", at: index + 1) else { return nil }
        let before = file.isMark("(", at: index - 1) ? index - 2 : index - 1
        if before >= 0, file.code[before].kind == .literal { return "\\(error)" }
        let isNamed = ["describing", "reflecting"].contains { file.holds([$0, ":"], at: index - 2) }
        return isNamed ? "String(\(file.code[index - 2].text): error)" : nil
    }

    /// `amount.value * n` or `n / amount.value`: only through `value` does an Amount become a number that has these.
    @Sendable private static func product(_ file: SwiftFile, _ index: Int) -> String? {
        guard file.isMark(".", at: index - 1), index > 1, !file.isMark("(", at: index + 1) else { return nil }
        var first = index - 2
        while file.isMark(".", at: first - 1) { first -= 2 }
        let isFactor = [first - 1, index + 1].contains { place in
            ["*", "/", "%"].contains { file.isMark($0, at: place) }
        }
        // Usage has its own units, whose names say so.
        let name = file.code[index - 2].text
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
        return words.sorted().flatMap { word in
            file.places(of: word).compactMap { index in
                find(file, index).map {
                    Violation(
                        path: file.path, line: file.code[index].line, finding: "`\($0)`", reason: why,
                        remedy: "use \(but)")
                }
            }
        }
    }
}
