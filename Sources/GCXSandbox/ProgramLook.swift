import GCXLinux

/// Looks who a job's user is and whether that user can run the job's program, before anything is started.
///
/// Who reads the image is a child that is nobody. What is mounted over the image, a device's libraries say, is not seen by
/// it: of a program that lies there nothing is said, and the runtime has the last word.
///
/// Cost: one child for a program of the image; one or two more for one of the job's input.
struct ProgramLook {
    let process: ProcessSpec
    let spec: JobSpec
    /// Places with something that is not in the image, besides those that every job has.
    let mounts: [String]
    let unpacker: Unpacker
    let run: Unpacker.Run

    /// Of the jobs of all images.
    private static let ownMounts = ["/proc", "/dev", "/sys", "/tmp", "/output"]
    private static let input = "/input"

    func answer(
        _ user: ImageUser, in rootfs: String
    ) throws(ImageError) -> (identity: ImageUser.Identity, failure: ProgramFailure?) {
        let (found, finding) = try unpacker.process(
            user: user.user, group: user.group, program: query(process.arguments.first ?? ""),
            in: try Unpacker.directory(rootfs), label: "the image", run: run)
        let identity = try user.identity(found)
        guard let finding else { return (identity, nil) }
        return (identity, failure(try whole(finding, as: identity, in: rootfs)))
    }

    /// Nil for what is too long to ask about; the kernel refuses such a name itself.
    private func query(_ name: String) -> ProgramQuery? {
        let path = process.environment.first { $0.hasPrefix("PATH=") }.map { String($0.dropFirst("PATH=".count)) } ?? ""
        guard name.utf8.count <= SandboxLimits.entryPathBytesMax, path.utf8.count <= SandboxLimits.searchPathBytesMax,
            process.workingDirectory.utf8.count <= SandboxLimits.entryPathBytesMax
        else { return nil }
        let folders = path.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        return ProgramQuery(
            name: name, folders: folders, workingDirectory: process.workingDirectory,
            // bounded: joins lists
            mounts: Self.ownMounts + (spec.inputDirectory == nil ? [] : [Self.input]) + mounts)
    }

    /// The same finding, or that of a program that lies in the job's input.
    private func whole(
        _ finding: ProgramFinding, as identity: ImageUser.Identity, in rootfs: String
    ) throws(ImageError) -> ProgramFinding {
        guard finding.kind == .elsewhere, let place = finding.needs, let input = spec.inputDirectory,
            place.hasPrefix("\(Self.input)/")
        else { return finding }
        let inside = String(place.dropFirst(Self.input.count))
        var part = ProgramQuery(name: inside, folders: [], workingDirectory: "/", mounts: [])
        part.isPart = true
        let there = try look(part, as: identity, in: input)
        guard let needs = there.needs, there.kind == .script || there.kind == .loaded else {
            return named(there, finding.file)
        }
        guard needs.utf8.count <= SandboxLimits.entryPathBytesMax,
            let query = query(needs.hasPrefix("/") ? needs : "./\(needs)")
        else { return ProgramFinding(.unknown, finding.file) }
        let needed = try look(query, as: identity, in: rootfs)
        if there.kind == .script { return .script(finding.file, needs, needed) }
        return needed.kind == .missing
            ? ProgramFinding(.noLoader, finding.file, needs: needs) : ProgramFinding(.runs, finding.file)
    }

    private func look(
        _ query: ProgramQuery, as identity: ImageUser.Identity, in directory: String
    ) throws(ImageError) -> ProgramFinding {
        let answer = try unpacker.process(
            user: "\(identity.user)", group: "\(identity.group)", program: query,
            in: try Unpacker.directory(directory), label: "the job's files", run: run)
        return answer.program ?? ProgramFinding(.unknown, query.name)
    }

    private func named(_ finding: ProgramFinding, _ file: String) -> ProgramFinding {
        var named = finding
        named.file = file
        return named
    }

    /// A machine may have been taught to run what it is not made for.
    ///
    /// Source: binfmt_misc, `Documentation/admin-guide/binfmt-misc.rst`.
    private func failure(_ finding: ProgramFinding) -> ProgramFailure? {
        if finding.kind == .foreign || finding.kind == .noFormat, Self.knowsOtherFormats { return nil }
        return ProgramFailure(finding)
    }

    private static var knowsOtherFormats: Bool {
        let names = (try? Files.names(in: "/proc/sys/fs/binfmt_misc")) ?? []
        return names.contains { !["register", "status"].contains($0) }
    }
}
