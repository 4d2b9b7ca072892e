import GCXModel

/// What a runtime says of a program that it cannot run, in our words: for what was not seen before the start.
///
/// Source: crun 1.8.1 and runc 1.1.5, as seen.
enum RuntimeWords {
    /// Of a start that failed; nil when the failure is not the program's.
    static func failure(ofStart words: String, program: String) -> ProgramFailure? {
        let text = words.lowercased()
        if ["chdir", "mkdir", "cwd"].contains(where: text.contains), let problem = Problem(text) {
            return ProgramFailure(status: 126, words: "the job cannot go to its working directory: \(problem.words)")
        }
        guard ["executable file", "open executable", "exec:", "exec failed"].contains(where: text.contains),
            let problem = Problem(text)
        else { return nil }
        return failure(program, problem)
    }

    /// Of bytes that a job's standard error begins with: the runtime's own, when it could not become the program.
    ///
    /// A program that says the same and ends with an error only makes itself one that could not be run.
    static func failure(inOutput bytes: some BidirectionalCollection<UInt8>, program: String) -> ProgramFailure? {
        guard bytes.count <= SandboxLimits.argumentBytesMax, let end = bytes.last, end == UInt8(ascii: "\n") else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        let isCrun = text.hasPrefix("exec container process") || text.hasPrefix(#"{"msg":"exec container process"#)
        let isRunc = text.hasPrefix("exec \(program.lowercased()): ")
        guard isCrun || isRunc, text.dropLast().allSatisfy({ $0 != "\n" }), let problem = Problem(text) else {
            return nil
        }
        return failure(program, problem)
    }

    private static func failure(_ program: String, _ problem: Problem) -> ProgramFailure {
        ProgramFailure(
            status: problem == .missing ? 127 : 126,
            words: "`\(UnpackReport.shown(program))` cannot be run: \(problem.words)")
    }

    private enum Problem {
        case missing, denied, format, notDirectory, tooLong

        init?(_ text: String) {
            // The kernel's words, in lower case. crun looks at what it opens, and may not open a directory so.
            let signs: [(String, Problem)] = [
                ("no such file", .missing), ("not found", .missing), ("exec format error", .format),
                ("permission denied", .denied), ("operation not permitted", .denied), ("is a directory", .denied),
                ("not a directory", .notDirectory), ("too many levels of symbolic links", .notDirectory),
                ("file name too long", .tooLong), ("argument list too long", .tooLong),
            ]
            guard let found = signs.first(where: { text.contains($0.0) }) else { return nil }
            self = found.1
        }

        var words: String {
            switch self {
            case .missing: "it is not there, or something that it needs is not"
            case .denied: "the job's user has no right to"
            case .format: "it is no program for this machine"
            case .notDirectory: "on the way to it lies what is no directory"
            case .tooLong: "its name or its arguments are too long"
            }
        }
    }
}
