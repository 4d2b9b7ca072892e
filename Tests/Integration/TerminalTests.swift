import FoundationEssentials
import GCXLinux
import Glibc
import Testing

/// What others wrote, in files and names that a person gives to `gcx` on a terminal. What they send is tried among the senders.
@Suite("A terminal")
struct TerminalTests {
    static let lacks = ["script"].first { ChildProcess.find($0) == nil }
    /// A window's title, a cleared screen, C1, colours nobody asked for, text from right to left, hidden text.
    static let evil = "\u{1B}]0;gcx-evil\u{7}\u{1B}[2J\u{9B}31m\u{85}\u{202E}\u{200B}\u{1B}[8m"

    private let folder = FileManager.default.temporaryDirectory.path + "/gcx-terminal-\(UUID().uuidString)"

    private func onTerminal(_ arguments: [String]) throws -> String {
        let words = ([Gcx.program] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let outcome = try ChildProcess(
            "script", ["-qec", words, "/dev/null"],
            environment: ["TERM": "xterm", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
            workingDirectory: folder, timeout: .seconds(60)
        ).outcome()
        return String(decoding: outcome.output, as: UTF8.self)
    }

    private func write(_ text: String, _ name: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    /// The record, the reports and the configuration that the commands below are given.
    private func prepare() throws {
        let escaped = #"\u001b]0;gcx-evil\u0007\u001b[2J\u009b31m\u202e"#
        try write(#"{"schema":1,"attestation":"\#(escaped)","rating":{},"report":"","inventory":""}"#, "record.json")
        try write(#"{"\#(escaped)":1,"kernelVersion":"\#(escaped)"}"#, "report.json")
        try write("[agent]\nlog_level = \"\(escaped)\"\n[\"\(escaped)\"]\na = 1\n", "gcx.toml")
        try write("not of a machine", "topology.xml")
        try FileManager.default.createDirectory(
            atPath: "\(folder)/proc", withIntermediateDirectories: true)
        try write("processor\t: 0\nmodel name\t: \(Self.evil)\nvendor_id\t: \(Self.evil)\n", "proc/cpuinfo")
    }

    @Test(
        "no command lets through what steers it, from a file or from a name",
        .enabled(if: lacks == nil, Comment(rawValue: "needs \(lacks ?? "")")),
        arguments: [
            ["bench", "verify", "record.json"], ["bench", "verify", evil],
            ["bench", "compare", "report.json", "report.json"],
            ["bench", "compare", "report.json", "report.json", "--json"], ["bench", "compare", evil, evil],
            ["agent", "config", "--check", "gcx.toml"], ["agent", "config", "--check", evil],
            ["probe", "--machine", "."],
            ["probe", "--machine", ".", "--json"], ["probe", "--machine", evil], ["doctor", "--config", "gcx.toml"],
            ["job", "list", "--agent", "unix:/\(evil)"], ["offer", "list", "--ledger", "unix:/\(evil)"],
            ["offer", "show", evil], ["job", "run", "--lease", evil, "--key", evil, "--image", "oci:\(evil)"],
            ["key", "address", "--key", evil, "--password-file", evil], [evil], ["bench", "list"],
        ])
    func commands(arguments: [String]) throws {
        try prepare()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let seen = try onTerminal(arguments)
        #expect(!seen.isEmpty)
        #expect(Self.obeyed(seen).isEmpty, "\(arguments): \(seen.debugDescription)")
    }

    /// What a terminal would obey or not show of what it got, beside our own styling.
    static func obeyed(_ seen: String) -> [Unicode.Scalar] {
        // Bold, dim, red, green and yellow, and their end, are ours.
        let ours = ["0", "1", "2", "31", "32", "33"].reduce(seen) { text, code in
            text.split(separator: "\u{1B}[\(code)m", omittingEmptySubsequences: false).joined()
        }
        return ours.unicodeScalars.filter { scalar in
            switch scalar.value {
            case 9, 10, 13: false
            case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
            default: false
            }
        }
    }
}
