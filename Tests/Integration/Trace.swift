import GCXLinux
import Glibc
import Support

/// What strace saw of a process and all that came of it: who of them is root of the machine, and which files they named.
struct Trace {
    /// Calls that open, make or change the file of a name; and those that change who calls.
    static let files: Set<String> = [
        "open", "openat", "openat2", "creat", "execve", "execveat", "mknod", "mknodat", "chmod", "fchmodat", "chown",
        "lchown", "fchownat", "truncate", "mount", "link", "linkat", "setxattr", "lsetxattr",
    ]
    private static let users: Set<String> = [
        "clone", "clone3", "fork", "vfork", "unshare", "setns", "setuid", "setresuid", "setreuid",
    ]
    /// For `strace -e`; a question mark before a call that not every machine has.
    static var filter: String { "trace=" + (files.union(users)).sorted().map { "?\($0)" }.joined(separator: ",") }

    /// One call, with the line on which it began.
    private struct Call {
        let line: Int
        let pid: Int
        let name: Substring
        let text: String
    }

    private var calls: [Call] = []
    /// For each process its parent and the line of the call that made it.
    private var parents: [Int: (pid: Int, line: Int)] = [:]
    /// For each process the first line on which it was no longer root.
    private var lowered: [Int: Int] = [:]

    init(_ text: String) {
        var begun: [Int: (line: Int, text: String)] = [:]
        for (number, line) in text.split(separator: "\n").enumerated() {
            let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            guard words.count == 2, let pid = Int(words[0]) else { continue }
            let rest = words[1].drop { $0 == " " }
            if rest.hasSuffix("<unfinished ...>") {
                begun[pid] = (number, String(rest.dropLast("<unfinished ...>".count)))
            } else if rest.hasPrefix("<... "), let (line, first) = begun.removeValue(forKey: pid) {
                let end = rest.split(separator: "resumed>", maxSplits: 1).dropFirst().first ?? ""
                add(Call(line: line, pid: pid, name: first.prefix { $0 != "(" }, text: first + end))
            } else if !rest.hasPrefix("---"), !rest.hasPrefix("+++") {
                add(Call(line: number, pid: pid, name: rest.prefix { $0 != "(" }, text: String(rest)))
            }
        }
        // What never came back, because its process ended in it.
        for (pid, call) in begun {
            add(Call(line: call.line, pid: pid, name: call.text.prefix { $0 != "(" }, text: call.text))
        }
    }

    private mutating func add(_ call: Call) {
        calls.append(call)
        switch call.name {
        case "clone", "clone3", "fork", "vfork":
            guard let child = Self.result(call.text), child > 0 else { return }
            parents[child] = (call.pid, call.line)
            if call.text.contains("CLONE_NEWUSER") { lowered[child] = -1 }
        case "unshare", "setns":
            if call.text.contains("CLONE_NEWUSER"), Self.result(call.text) == 0 { lower(call) }
        case "setuid", "setresuid", "setreuid":
            let numbers = call.text.split(separator: "(").dropFirst().first?.split(separator: ")").first ?? ""
            let effective = numbers.split(separator: ",").dropFirst(call.name == "setuid" ? 0 : 1).first
            let number = effective.flatMap { Int($0.filter { $0 != " " }) }
            if let number, number > 0, Self.result(call.text) == 0 { lower(call) }
        default: break
        }
    }

    private mutating func lower(_ call: Call) { lowered[call.pid] = min(lowered[call.pid] ?? .max, call.line) }

    /// What a call answered, as a process of the tracer's own namespace where it is one.
    private static func result(_ text: String) -> Int? {
        // strace aligns the answer of a call that was interrupted, so there may be any number of spaces before it.
        guard let end = text.ranges(of: " = ").last else { return nil }
        let tail = text[end.upperBound...]
        if let inner = tail.firstRange(of: "/* ") {
            return Int(tail[inner.upperBound...].prefix { $0.isNumber })
        }
        return Int(tail.prefix { $0.isNumber || $0 == "-" })
    }

    private func isRoot(_ pid: Int, at line: Int) -> Bool {
        if let lowered = lowered[pid], lowered < line { return false }
        guard let parent = parents[pid] else { return true }
        return isRoot(parent.pid, at: parent.line)
    }

    /// The files that a call names: of a program that is started its own, and not its arguments.
    private static func names(_ call: Call) -> Substring {
        guard call.name.hasPrefix("exec") else { return call.text[...] }
        return call.text[..<(call.text.firstRange(of: ", [")?.lowerBound ?? call.text.endIndex)]
    }

    /// Calls of root of the machine that name a file by one of these words.
    ///
    /// Who removes a tree opens its folders one by one, without following a link and as folders or not at all; who gives it
    /// to another owner names what lies in a folder that is open, and never follows a link: that is no file that is opened.
    func byRoot(naming words: [String]) -> [String] {
        calls.filter { call in
            words.contains { Self.names(call).contains($0) } && isOpenedByRoot(call)
        }.map { "\($0.pid) \($0.text)" }
    }

    private func isOpenedByRoot(_ call: Call) -> Bool {
        Self.files.contains(String(call.name))
            && !(call.text.contains("O_NOFOLLOW") && call.text.contains("O_DIRECTORY"))
            && !(call.name == "fchownat" && call.text.contains("AT_SYMLINK_NOFOLLOW")
                && !call.text.contains("AT_FDCWD"))
            && isRoot(call.pid, at: call.line)
    }

    /// The names of files that root of the machine has opened or made below a folder that was open, apart from the above.
    var relativeOfRoot: Set<String> {
        let calls = calls.filter { call in
            let first = call.text.split(separator: "(", maxSplits: 1).dropFirst().first?.first
            return call.name.hasSuffix("at") || call.name == "openat2" ? first?.isNumber == true : false
        }
        let words = calls.filter { isOpenedByRoot($0) }.compactMap { call in
            call.text.split(separator: "\"", omittingEmptySubsequences: false).dropFirst().first.map(String.init)
        }
        return Set(words.filter { !$0.isEmpty })
    }

    /// The names below these folders that root of the machine has given, whatever it wanted of them.
    func pathsOfRoot(below folders: [String]) -> Set<String> {
        let calls = calls.filter { Self.files.contains(String($0.name)) && isRoot($0.pid, at: $0.line) }
        let words = calls.flatMap { Self.names($0).split(separator: "\"").map(String.init) }
        return Set(words.filter { word in folders.contains { word.hasPrefix("\($0)/") } })
    }

    /// The names of the programs that root of the machine has started.
    var programsOfRoot: Set<String> {
        let paths = calls.filter { $0.name == "execve" && isRoot($0.pid, at: $0.line) }
            .compactMap { Self.names($0).split(separator: "\"").dropFirst().first }
        return Set(paths.compactMap { $0.split(separator: "/").last.map(String.init) })
    }

    /// All that name a file by one of these words, whoever calls.
    func all(naming words: [String]) -> Int {
        calls.count { call in words.contains { call.text.contains($0) } }
    }
}

/// strace, attached to a process and to all that come of it, until it is told to stop.
final class Tracer {
    private let pid: pid_t
    private let path: String

    static let options = ["-f", "-qq", "-s", "1024", "--decode-pids=pidns", "-e", Trace.filter]

    init(_ target: pid_t, log path: String) throws {
        self.path = path
        pid = try ChildProcess("strace", Self.options + ["-o", path, "-p", "\(target)"]).spawnDetached()
        // Attached to all of its threads, and not before.
        let tasks = { (try? Files.names(in: "/proc/\(target)/task")) ?? [] }
        for _ in 0..<400 where !tasks().allSatisfy({ Self.isTraced("/proc/\(target)/task/\($0)/status") }) {
            pause(for: .milliseconds(25))
        }
    }

    private static func isTraced(_ status: String) -> Bool {
        (Files.textIfThere(status) ?? "").split(separator: "\n").contains {
            $0.hasPrefix("TracerPid:") && !$0.hasSuffix("\t0")
        }
    }

    /// Lets the process go on untraced, and answers what was seen.
    func finish() throws -> Trace {
        kill(pid, SIGINT)
        _ = ChildProcess.wait(pid)
        return Trace(String(decoding: try Files.bytes(path, limit: 256 << 20), as: UTF8.self))
    }

    deinit {
        kill(pid, SIGKILL)
        _ = ChildProcess.wait(pid)
    }
}
