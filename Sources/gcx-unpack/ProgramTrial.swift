import GCXLinux
import GCXSandbox
import Glibc

/// Looks whether a program can be run: finds it as a shell would, and reads of it what the kernel would.
struct ProgramTrial {
    private let root: OpenFile?
    private let query: ProgramQuery
    private let runner: Runner
    private let mounts: Set<[UInt8]>

    init(_ root: Int32, _ query: ProgramQuery, by runner: Runner) {
        self.root = try? OpenFile(FileDescriptor.open(beneath: root, [46, 0], FileDescriptor.place | O_DIRECTORY))
        (self.query, self.runner, mounts) = (query, runner, Set(query.mounts.map { Array($0.utf8) }))
    }

    func finding() -> ProgramFinding {
        guard root != nil else { return ProgramFinding(.unknown, query.name) }
        if let problem = workingDirectory() { return problem }
        if query.name.utf8.contains(slash) { return look(at: query.name, depth: 0) }
        return search()
    }

    /// Nil when it can be gone to, or is made when it is missing.
    private func workingDirectory() -> ProgramFinding? {
        switch end(of: query.workingDirectory) {
        case .directory, .missing, .elsewhere, .failed: return nil
        case .file, .denied, .endless: return ProgramFinding(.noWorkingDirectory, query.workingDirectory)
        }
    }

    /// The first of the folders that has a program of that name; what may not be run is passed over, as shells do.
    private func search() -> ProgramFinding {
        var denied: ProgramFinding?
        for folder in query.folders {
            let found = look(at: "\(folder.isEmpty ? "." : folder)/\(query.name)", depth: 0)
            switch found.kind {
            case .missing: continue
            case .denied, .directory, .noFile: denied = denied ?? found
            case .elsewhere: return ProgramFinding(.unknown, query.name)
            default: return found
            }
        }
        return denied ?? ProgramFinding(.missing, query.name)
    }

    private func end(of path: String) -> RootedWalk.End {
        guard let root else { return .failed }
        var walk = RootedWalk(root, by: runner, mounts: mounts)
        return walk.end(of: Array((path.hasPrefix("/") ? path : "\(query.workingDirectory)/\(path)").utf8))
    }

    /// - Parameter depth: how many scripts led here.
    private func look(at path: String, depth: Int) -> ProgramFinding {
        switch end(of: path) {
        case .missing: return ProgramFinding(.missing, path)
        case .denied: return ProgramFinding(.denied, path)
        case .endless: return ProgramFinding(.endless, path)
        case .directory: return ProgramFinding(.directory, path)
        case .failed: return ProgramFinding(.unknown, path)
        case .elsewhere(let place):
            return ProgramFinding(.elsewhere, path, needs: String(validating: place, as: UTF8.self))
        case .file(let name, let parent, let status):
            guard status.st_mode & S_IFMT == S_IFREG else { return ProgramFinding(.noFile, path) }
            guard runner.mayRun(status) else { return ProgramFinding(.denied, path) }
            guard let file = try? FileDescriptor.open(beneath: parent.number, name, O_RDONLY),
                let head = ProgramHead(file.number)
            else { return ProgramFinding(.unknown, path) }
            return judge(head, path, depth: depth)
        }
    }

    private func judge(_ head: ProgramHead, _ path: String, depth: Int) -> ProgramFinding {
        switch head.kind {
        case .empty: return ProgramFinding(.empty, path)
        case .other: return ProgramFinding(.noFormat, path)
        case .foreign(let number): return ProgramFinding(.foreign, path, processor: number)
        case .program(loader: nil): return ProgramFinding(.runs, path)
        case .program(let loader?):
            if query.isPart { return ProgramFinding(.loaded, path, needs: loader) }
            switch end(of: loader) {
            case .missing, .directory: return ProgramFinding(.noLoader, path, needs: loader)
            default: return ProgramFinding(.runs, path)
            }
        case .script(let interpreter):
            if query.isPart { return ProgramFinding(.script, path, needs: interpreter) }
            // bounded here: compared first
            guard depth < SandboxLimits.interpretersMax else { return ProgramFinding(.endless, path) }
            return ProgramFinding.script(path, interpreter, look(at: interpreter, depth: depth + 1))
        }
    }
}

/// The beginning of a program, as the kernel reads it.
///
/// Source: fs/binfmt_script.c and fs/binfmt_elf.c; ELF-64, System V ABI.
struct ProgramHead {
    enum Kind: Equatable {
        case empty
        case other
        case script(interpreter: String)
        case foreign(UInt16)
        case program(loader: String?)
    }

    let kind: Kind

    /// Nil when the file cannot be read.
    init?(_ file: Int32) {
        guard let head = Self.read(file, at: 0, SandboxLimits.programHeadBytes) else { return nil }
        if head.isEmpty {
            kind = .empty
        } else if head.starts(with: Array("#!".utf8)) {
            kind = Self.interpreter(head.dropFirst(2)).map { .script(interpreter: $0) } ?? .other
        } else if head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) {
            kind = Self.program(head, file)
        } else {
            kind = .other
        }
    }

    /// The first word of the line. A name that does not end in what the kernel reads of the file is none.
    private static func interpreter(_ rest: ArraySlice<UInt8>) -> String? {
        let blanks: Set<UInt8> = [0x20, 0x09]
        let line = rest.prefix { $0 != 0x0a }
        let word = line.drop { blanks.contains($0) }.prefix { !blanks.contains($0) && $0 != 0 }
        // bounded: a constant
        let isCut = word.endIndex == rest.endIndex && rest.count >= SandboxLimits.programHeadBytes - 2
        guard !word.isEmpty, !isCut else { return nil }
        return String(decoding: word, as: UTF8.self)
    }

    private static func program(_ head: [UInt8], _ file: Int32) -> Kind {
        let isWide = head.dropFirst(4).first == 2, isLittle = head.dropFirst(5).first == 1
        guard head.count >= 64 else { return .other }
        guard isLittle else { return .foreign(number(head, 18, 2, big: true)) }
        let machine: UInt16 = number(head, 18, 2, big: false)
        // A kernel of 64 bits may run programs of 32, and says so itself when it does not.
        if !isWide { return narrowCousins.contains(machine) ? .program(loader: nil) : .foreign(machine) }
        guard machine == ownMachine else { return .foreign(machine) }
        // Executable or shared: nothing else is run.
        guard [2, 3].contains(number(head, 16, 2, big: false) as UInt16) else { return .other }
        return .program(loader: loader(head, file))
    }

    /// What its program header of kind PT_INTERP names; nil when there is none, or none that can be read.
    private static func loader(_ head: [UInt8], _ file: Int32) -> String? {
        let offset: UInt64 = number(head, 32, 8, big: false)
        let (size, count): (UInt16, UInt16) = (number(head, 54, 2, big: false), number(head, 56, 2, big: false))
        // bounded here: two numbers of 16 bits in 64; places in a table whose size was compared
        guard size == 56, let start = off_t(exactly: offset),
            let table = read(file, at: start, min(Int(size) * Int(count), tableBytesMax))
        else { return nil }
        for entry in stride(from: 0, to: table.count - table.count % 56, by: 56) {
            let header = Array(table[entry..<(entry + 56)])
            guard number(header, 0, 4, big: false) as UInt32 == 3 else { continue }
            let (place, length): (UInt64, UInt64) = (
                number(header, 8, 8, big: false), number(header, 32, 8, big: false)
            )
            guard let place = off_t(exactly: place), (2...UInt64(SandboxLimits.entryPathBytesMax + 1)).contains(length),
                let name = read(file, at: place, Int(length))
            else { return nil }
            return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        }
        return nil
    }

    /// The kernel takes no larger table (ELF_MIN_ALIGN allows 64 KiB).
    private static let tableBytesMax = 64 << 10

    /// Up to so many bytes from a place on; fewer at the end of the file, nil when it cannot be read.
    private static func read(_ file: Int32, at offset: off_t, _ count: Int) -> [UInt8]? {
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = unsafe pread(file, &bytes, count, offset)
        return got < 0 ? nil : Array(bytes.prefix(got))
    }

    /// A number of so many bytes; 0 where the bytes end before.
    private static func number<N: FixedWidthInteger>(_ bytes: [UInt8], _ place: Int, _ count: Int, big: Bool) -> N {
        let part = bytes.dropFirst(place).prefix(count)
        // bounded here: as many bytes as the number has
        return (big ? Array(part) : part.reversed()).reduce(0) { $0 << 8 | N($1) }
    }

    #if arch(x86_64)
        private static let ownMachine: UInt16 = 62
        private static let narrowCousins: Set<UInt16> = [3]
    #else
        private static let ownMachine: UInt16 = 183
        private static let narrowCousins: Set<UInt16> = [40]
    #endif
}
