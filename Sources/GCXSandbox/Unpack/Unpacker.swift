package import GCXLinux
import GCXModel
import Glibc

/// The one reader and writer of archives: a child, `gcx-unpack`, that is nobody and can reach nothing but the files it
/// is handed.
///
/// It gets descriptors and no paths. Run by root, it has ids that belong to nobody else, and so do the files it makes;
/// see ``SandboxLimits/filesHostID``. Run by anybody else, it stands for that user alone. See `Walls`.
package struct Unpacker: Sendable {
    package let program: String

    package init(program: String) { self.program = program }

    /// How one call is run.
    package struct Run: Sendable {
        /// The group whose limits hold for it, and whose meter counts it; nil for that of the caller.
        package var place: CgroupPlace?
        /// Ends it soon after it is raised.
        package var stop: StopFlag?
        package var timeout: Duration

        package init(
            place: CgroupPlace? = nil, stop: StopFlag? = nil, timeout: Duration = SandboxLimits.unpackTimeout
        ) {
            self.place = place
            self.stop = stop
            self.timeout = timeout
        }
    }

    /// Who owns what is unpacked.
    package enum Owner: Sendable {
        /// Nobody: a job sees it through a mount that shifts the owners.
        case nobody
        /// Whoever calls.
        case caller
    }

    /// What an archive holds.
    package struct Contents: Equatable, Sendable {
        package var entries: Int
        /// Bytes of all files, holes included.
        package var bytes: UInt64
        package var leftOutCount = 0
        /// The first of them.
        package var leftOut: [UnpackReport.LeftOut] = []
    }

    /// Reads an archive to its end. What `unpack` would refuse of an entry by itself is refused here; what depends on other
    /// entries, a file below a link for instance, is seen only when they are made.
    package func inspect(
        _ archive: borrowing FileDescriptor, label: String, rules: ArchiveRules, limits: ArchiveLimits,
        run: Run = Run()
    ) throws(ImageError) -> Contents {
        try contents(
            call(.inspect, of: label, rules: rules, limits: limits, archives: [archive.number], run: run))
    }

    /// Unpacks into an empty directory of the caller's. On an error, what is in it is to be thrown away.
    @discardableResult
    package func unpack(
        _ archive: borrowing FileDescriptor, into directory: borrowing FileDescriptor, label: String,
        rules: ArchiveRules, limits: ArchiveLimits, owner: Owner = .nobody, run: Run = Run()
    ) throws(ImageError) -> Contents {
        try lend(directory.number)
        let found = try contents(
            call(
                .unpack, of: label, rules: rules, limits: limits, directory: directory.number,
                archives: [archive.number], isOwn: owner == .caller, run: run))
        if owner == .caller { try takeBack(directory.number) }
        return found
    }

    /// Lays the layers of an image over each other, the lowest first. Owners are those of the image, shifted.
    ///
    /// - Parameter watch: asked about every 100 ms; an error it throws ends it.
    package func layers(
        _ layers: [OpenFile], into directory: borrowing FileDescriptor, label: String, limits: ArchiveLimits,
        run: Run = Run(), watch: () throws(LinuxError) -> Void = { () throws(LinuxError) in }
    ) throws(ImageError) -> Contents {
        try lend(directory.number)
        return try contents(
            call(
                .layers, of: label, rules: .layers, limits: limits, directory: directory.number,
                archives: layers.map(\.number), run: run, watch: watch))
    }

    /// What the layers of an image come to when they are unpacked. Nothing is written.
    package func inspectLayers(
        _ layers: [OpenFile], label: String, limits: ArchiveLimits, run: Run = Run()
    ) throws(ImageError) -> Contents {
        try contents(
            call(
                .inspect, of: label, rules: .layers, limits: limits, archives: layers.map(\.number), run: run))
    }

    /// Packs what is in a directory; what cannot be carried is left out and named.
    ///
    /// - Parameters:
    ///   - archive: an empty file, open for writing.
    ///   - ids: whose files they are; nil for the caller's own.
    package func pack(
        _ directory: borrowing FileDescriptor, into archive: Int32, label: String,
        rules: ArchiveRules = .output, limits: ArchiveLimits = .own, ids: IDMap? = nil, run: Run = Run()
    ) throws(ImageError) -> Contents {
        let namespace = try imaged { () throws(LinuxError) in
            if let ids { return Optional(OpenFile(try ids.namespace())) }
            return nil
        }
        let report = try perform(
            .pack, as: namespace == nil ? .caller : .range, namespace: namespace, of: label, rules: rules,
            limits: limits, directory: directory.number, archives: [archive], run: run)
        return contents(report)
    }

    /// SHA-256 of files, 64 hexadecimal digits each, by a child that looks at nothing in them.
    package func digests(of files: [OpenFile], label: String, run: Run = Run()) throws(ImageError) -> [String] {
        var limits = ArchiveLimits.own
        limits.seconds = Nanoseconds.wholeSeconds(in: run.timeout.wholeNanoseconds)
        return try call(
            .digest, of: label, rules: .blobs, limits: limits, archives: files.map(\.number), run: run
        ).digests
    }

    /// What the tables of users and groups of an unpacked image say of a job's user, and whether that user can run the
    /// program; what is no table says nothing.
    func process(
        user: String, group: String?, program: ProgramQuery?, in rootfs: borrowing FileDescriptor, label: String,
        run: Run = Run()
    ) throws(ImageError) -> (users: UnpackReport.Users, program: ProgramFinding?) {
        let report = try call(
            .process, of: label, rules: .blobs, limits: .own, directory: rootfs.number, archives: [], run: run,
            detail: { order in (order.user, order.group, order.program) = (user, group, program) })
        return (report.found ?? UnpackReport.Users(), report.program)
    }

    /// What the layers of an image say of a user, as far as that can be seen without unpacking them.
    ///
    /// Cost: decompresses the layers from the highest down, until one has a table of users.
    func users(
        _ user: String, group: String?, inLayers layers: [OpenFile], label: String, run: Run = Run()
    ) throws(ImageError) -> UnpackReport.Users {
        try call(
            .layerUsers, of: label, rules: .layers, limits: .image, archives: layers.reversed().map(\.number), run: run,
            detail: { order in (order.user, order.group) = (user, group) }
        ).found ?? UnpackReport.Users()
    }

    /// Bytes that what was unpacked into a directory takes on its disk: what has several names counts once.
    package func diskBytes(
        below directory: borrowing FileDescriptor, label: String, run: Run = Run()
    ) throws(ImageError) -> UInt64 {
        try call(
            .measure, of: label, rules: .blobs, limits: .own, directory: directory.number, archives: [], run: run
        ).diskBytes
    }

    /// Opens files of a directory that a stranger filled, none of them by this process: each is a plain file of at most so
    /// many bytes, and only for reading.
    func open(
        _ names: [String], in directory: borrowing FileDescriptor, bytesMax: UInt64, label: String, run: Run
    ) throws(ImageError) -> [OpenFile] {
        let pair = try imaged { () throws(LinuxError) in try MessagePair() }
        var limits = ArchiveLimits.own
        limits.bytesMax = bytesMax
        _ = try call(
            .open, of: label, rules: .blobs, limits: limits, directory: directory.number, archives: [],
            socket: pair.theirs.number, run: run, detail: { order in order.names = names })
        let files = try imaged { () throws(LinuxError) in try pair.receive(most: names.count) }
        guard files.count == names.count, files.allSatisfy({ $0.isPlain(bytesMax: bytesMax) }) else {
            throw .notAnImage(path: label, reason: "its reader handed over what was not asked for")
        }
        return files
    }

    /// Lets the child try to break out: which walls stand on this machine, and what it could do all the same.
    package func tryWalls(_ directory: borrowing FileDescriptor) throws(ImageError) -> UnpackReport {
        try lend(directory.number)
        return try call(
            .tryWalls, of: "this machine", rules: .input, limits: .upload, directory: directory.number, archives: [],
            run: Run(timeout: .seconds(60)))
    }

    private func contents(_ report: UnpackReport) -> Contents {
        Contents(
            entries: report.entries, bytes: report.bytes, leftOutCount: report.leftOutCount, leftOut: report.leftOut)
    }

    /// A directory of root's becomes nobody's, so that nobody can write there.
    private func lend(_ directory: Int32) throws(ImageError) {
        guard geteuid() == 0 else { return }
        guard fchown(directory, SandboxLimits.filesHostID, SandboxLimits.filesHostID) == 0 else {
            throw .linux(.systemCall(operation: "chown", object: "directory to unpack into", errno: errno))
        }
    }

    private func takeBack(_ directory: Int32) throws(ImageError) {
        guard geteuid() == 0 else { return }
        try imaged { () throws(LinuxError) in try Files.giveTree(in: directory, to: geteuid(), getegid()) }
    }

    /// As nobody, where that can be.
    private func call(
        _ verb: UnpackOrder.Verb, of label: String, rules: ArchiveRules, limits: ArchiveLimits,
        directory: Int32? = nil, archives: [Int32], isOwn: Bool = false, socket: Int32? = nil, run: Run,
        watch: () throws(LinuxError) -> Void = { () throws(LinuxError) in },
        detail: (inout UnpackOrder) -> Void = { _ in }
    ) throws(ImageError) -> UnpackReport {
        guard geteuid() == 0 else {
            return try perform(
                verb, as: .alone, namespace: nil, of: label, rules: rules, limits: limits, directory: directory,
                archives: archives, socket: socket, run: run, watch: watch, detail: detail)
        }
        let namespace = try imaged { () throws(LinuxError) in
            OpenFile(try IDMap(base: SandboxLimits.filesHostID).namespace())
        }
        return try perform(
            verb, as: .range, namespace: namespace, of: label, rules: rules, limits: limits, directory: directory,
            archives: archives, socket: socket, run: run, watch: watch, detail: detail)
    }

    private func perform(
        _ verb: UnpackOrder.Verb, as identity: Walls.Identity, namespace: OpenFile?, of label: String,
        rules: ArchiveRules, limits: ArchiveLimits, directory: Int32?, archives: [Int32], socket: Int32? = nil,
        run: Run,
        watch: () throws(LinuxError) -> Void = { () throws(LinuxError) in },
        detail: (inout UnpackOrder) -> Void = { _ in }
    ) throws(ImageError) -> UnpackReport {
        let groups = try imaged { () throws(LinuxError) in
            try (run.place?.cgroup.readerFiles ?? []).map { path throws(LinuxError) in
                OpenFile(try FileDescriptor.open(path, O_WRONLY))
            }
        }
        var limits = limits
        limits.seconds = min(limits.seconds, max(1, Nanoseconds.wholeSeconds(in: run.timeout.wholeNanoseconds)))
        var order = UnpackOrder(
            verb: verb, identity: identity, parent: getpid(), hasNamespace: namespace != nil,
            hasDirectory: directory != nil, archives: archives.count, groups: groups.count, rules: rules,
            limits: limits)
        order.hasSocket = socket != nil
        detail(&order)
        for archive in archives where verb != .pack {
            guard lseek(archive, 0, SEEK_SET) == 0 else {
                throw .linux(.systemCall(operation: "seek", object: label, errno: errno))
            }
        }
        // bounded here: joins lists
        let ours =
            [namespace?.number, directory].compactMap { $0 } + archives + groups.map(\.number)
            + [socket].compactMap { $0 }
        let report = try UnpackerCall(program: program, order: order, label: label, run: run)
            .answer(descriptors: ours, watch: watch)
        withExtendedLifetime((namespace, groups)) {}
        return report
    }
}
