import GCXModel

/// A program that a job wants to run, for `gcx-unpack` to look at: texts of a buyer, followed only inside the image.
package struct ProgramQuery: Codable, Equatable, Sendable {
    /// As the job names it: with a slash a path, else to be looked for.
    package var name: String
    /// Folders in which it is looked for, in this order.
    package var folders: [String]
    /// Where a relative path begins.
    package var workingDirectory: String
    /// Places where something else lies once the job runs, without a slash at their end.
    package var mounts: [String]
    /// True for a directory that is only a part of what the job sees: what the program needs is not looked for in it.
    package var isPart = false

    package init(name: String, folders: [String], workingDirectory: String, mounts: [String], isPart: Bool = false) {
        self.name = name
        self.folders = folders
        self.workingDirectory = workingDirectory
        self.mounts = mounts
        self.isPart = isPart
    }
}

/// What there is to say of it.
package struct ProgramFinding: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// Nothing speaks against it.
        case runs
        /// It is not there, or nowhere in the folders.
        case missing
        /// It is there, and this user may not run it, or may not go where it lies.
        case denied
        case directory
        /// A device, a FIFO or a socket.
        case noFile
        case empty
        /// It has neither a format that the kernel knows nor a first line that names an interpreter.
        case noFormat
        /// A program for processors of another kind.
        case foreign
        /// Its first line names an interpreter that is not there; `needs` is its name.
        case noInterpreter
        /// The same, which may not be run, or is no program.
        case badInterpreter
        /// It wants a loader that is not there; `needs` is its name.
        case noLoader
        /// Links or interpreters that lead to each other.
        case endless
        /// The working directory is a file, or nobody may go there.
        case noWorkingDirectory
        /// It lies at `needs`, where something else is mounted.
        case elsewhere
        /// In a directory that is only a part: it needs `needs`, which is to be looked for in the whole.
        case script, loaded
        /// What cannot be seen from here.
        case unknown
    }

    package var kind: Kind
    /// The file that was found, or looked for.
    package var file: String
    package var needs: String?
    /// What kind of processor it is for, by the number of the ELF header.
    package var processor: UInt16?

    package init(_ kind: Kind, _ file: String, needs: String? = nil, processor: UInt16? = nil) {
        (self.kind, self.file, self.needs, self.processor) = (kind, file, needs, processor)
    }

    /// With texts that may be shown; a name that is to be looked for goes on as it is, within the bounds of a path.
    var fit: ProgramFinding {
        var fit = self
        fit.file = UnpackReport.shown(file)
        fit.needs = needs.map { $0.utf8.count <= SandboxLimits.entryPathBytesMax ? $0 : UnpackReport.shown($0) }
        return fit
    }
}

extension ProgramFinding {
    /// What is to be said of a script, from what is to be said of its interpreter.
    package static func script(_ path: String, _ interpreter: String, _ finding: ProgramFinding) -> ProgramFinding {
        switch finding.kind {
        case .runs: ProgramFinding(.runs, path)
        case .missing, .noInterpreter, .noLoader: ProgramFinding(.noInterpreter, path, needs: interpreter)
        case .elsewhere, .unknown: ProgramFinding(.unknown, path)
        case .endless: ProgramFinding(.endless, path)
        default: ProgramFinding(.badInterpreter, path, needs: interpreter)
        }
    }
}

/// A program that cannot be run, and how its job ends: by the statuses that shells, docker and podman agree on.
package struct ProgramFailure: Codable, Equatable, Sendable {
    /// 127 for what is not there, 126 for what is there and cannot be run.
    package var status: Int32
    /// For the job's log: what is wrong with which file.
    package var words: String

    package init(status: Int32, words: String) {
        self.status = status
        self.words = words
    }

    /// Nil when nothing is known to speak against the program.
    package init?(_ finding: ProgramFinding) {
        let needs = finding.needs.map { "`\(UnpackReport.shown($0))`" } ?? "another file"
        let (status, why): (Int32, String)
        switch finding.kind {
        case .runs, .elsewhere, .script, .loaded, .unknown: return nil
        case .missing: (status, why) = (127, "there is no such program in the image")
        case .denied: (status, why) = (126, "the job's user may not run it; give it the right with `chmod +x`")
        case .directory: (status, why) = (126, "it is a directory")
        case .noFile: (status, why) = (126, "it is no plain file")
        case .empty: (status, why) = (126, "it is empty")
        case .noFormat: (status, why) = (126, "it is no program, and no script that begins with `#!`")
        case .foreign:
            let made = finding.processor.map(Self.processor) ?? "another kind of processor"
            (status, why) = (126, "it is made for \(made), and this machine is \(ImageMachine.ownArchitecture)")
        case .noInterpreter:
            (status, why) = (127, "its first line names \(needs), which is not in the image\(Self.hint(finding))")
        case .badInterpreter: (status, why) = (126, "its first line names \(needs), which cannot be run")
        case .noLoader: (status, why) = (127, "it needs \(needs), which is not in the image")
        case .endless: (status, why) = (126, "links or interpreters lead to each other without end")
        case .noWorkingDirectory:
            (status, why) = (126, "its working directory is no directory that the job's user may go to")
        }
        self.init(status: status, words: "`\(finding.file)` cannot be run: \(why)")
    }

    /// What an editor of another system leaves at the end of a line becomes part of the name.
    private static func hint(_ finding: ProgramFinding) -> String {
        finding.needs?.hasSuffix("\r") == true ? " (its lines end as on Windows; `sed -i 's/\\r$//'` mends that)" : ""
    }

    /// Source: ELF, `e_machine`; the names are those of images.
    private static func processor(_ number: UInt16) -> String {
        switch number {
        case 3: "386"
        case 8: "mips"
        case 21: "ppc64le"
        case 22: "s390x"
        case 40: "arm"
        case 62: "amd64"
        case 183: "arm64"
        case 243: "riscv64"
        case 258: "loong64"
        default: "processors of kind \(number)"
        }
    }
}
