import GCXLinux
import Glibc

/// The mounts of one job, in the supervisor's own mount namespace: whatever happens, they end with the processes in it.
///
/// The writable layer is an ext4 filesystem in a file with holes: it works on every disk, its size is the limit, and
/// beyond it a write fails with ENOSPC. A tmpfs would count as the job's memory, and quotas need a filesystem made
/// for them.
///
/// Who has this value is in a mount namespace of its own: before, nothing may be mounted or unmounted.
struct SandboxMounts: ~Copyable {
    let plan: JobPlan
    let directory: JobDirectory
    let paths: SandboxPaths

    /// Gives this process a mount namespace of its own.
    init(plan: JobPlan, directory: JobDirectory, paths: SandboxPaths) throws(LinuxError) {
        try Mounts.becomePrivate()
        (self.plan, self.directory, self.paths) = (plan, directory, paths)
    }

    /// Builds everything the bundle names.
    ///
    /// - Returns: the disks that the job reads and writes.
    func assemble() throws(LinuxError) -> [BlockDevice] {
        if let tree = plan.runtime.hiddenTree {
            // Covered, not unmounted: crun makes its child there all the same, and beneath lies the machine's own tmpfs.
            try Mounts.mount(
                "gcx-hidden", at: tree, type: "tmpfs", [.noSetUID, .noDevices], options: "mode=755,size=64k")
        }
        try Files.makeDirectory(paths.root, mode: 0o755)
        try Mounts.mount(
            "gcx-sandbox", at: paths.root, type: "tmpfs", [.noSetUID, .noDevices], options: "mode=755,size=4m")
        for path in [
            paths.bundle, paths.runtimeState, paths.image, paths.scratch, paths.rootfs, paths.input, paths.inputSource,
            paths.empty,
        ] {
            try Files.makeDirectory(path, mode: 0o755)
        }
        try Mounts.holdUserNamespace(plan.ids, plan.kernelLimits, at: paths.userNamespace)
        let loop = try mountScratch()
        try bindShifted(plan.imageRoot, at: paths.image)
        let layers = OverlayOptions.text(lower: [paths.image], upper: paths.upper, work: paths.work)
        try Mounts.mount("gcx-job", at: paths.rootfs, type: "overlay", [.noSetUID, .noDevices], options: layers)
        if let input = plan.spec.inputDirectory {
            try bindShifted(input, at: paths.inputSource)
            // A bind mount tells in `mountinfo` where its directory lies on the machine; an overlay names its layers,
            // whose paths are the same for all jobs. It takes two.
            try Mounts.mount(
                "gcx-input", at: paths.input, type: "overlay", [.readOnly, .noSetUID, .noDevices],
                options: OverlayOptions.text(lower: [paths.inputSource, paths.empty]))
        }
        try makeDevices()
        let disks = [plan.imageRoot, plan.spec.inputDirectory].compactMap { $0 }.compactMap(BlockDevice.holding)
        // bounded: joins lists
        return Set(disks + [loop].compactMap { $0 }).sorted { ($0.major, $0.minor) < ($1.major, $1.minor) }
    }

    /// Takes everything down again, in the opposite order; what is not mounted is passed over.
    consuming func dismantle() {
        for path in [
            paths.userNamespace, paths.rootfs, paths.input, paths.inputSource, paths.image, paths.scratch,
            paths.devices,
            paths.root,
        ] {
            try? Mounts.unmount(path)
        }
        try? Files.remove(directory.scratch)
    }

    /// What was unpacked belongs to the ids of ``SandboxLimits/filesHostID``, a directory of the owner's to the owner.
    private func bindShifted(_ source: String, at target: String) throws(LinuxError) {
        let place = try FileDescriptor.open(source, O_RDONLY | O_DIRECTORY)
        let owner = try place.status(source).st_uid
        let first = SandboxLimits.filesHostID
        let isUnpacked = owner >= first && owner - first < IDMap.size  // bounded: not below the first, asked first
        try Mounts.bindShifted(source, at: target, by: plan.ids, from: isUnpacked ? first : 0, readOnly: true)
    }

    /// Makes the writable layer and its directories, owned by the job.
    private func mountScratch() throws(LinuxError) -> BlockDevice? {
        try SparseFile.copy(plan.scratchTemplate, to: directory.scratch)
        let loop = try LoopDevice.attach(directory.scratch)
        // The layer need not survive a power cut, so no flush of it is waited for; blocks of deleted files go back
        // to the owner's disk at once.
        try Mounts.mount(
            loop.path, at: paths.scratch, type: "ext4", [.noSetUID, .noDevices, .noAccessTime],
            options: "barrier=0,noinit_itable,discard")
        let root = plan.ids.base
        try make(paths.upper, 0o755, owner: root, root)
        try make(paths.work, 0o755, owner: 0, 0)
        try make(paths.temporary, 0o1777, owner: root, root)
        // bounded: ids of a range of 65,536 that ends below 2^31
        try make(paths.output, 0o755, owner: root + plan.process.user, root + plan.process.group)
        // Mount points are made here, over whatever the image has in their place, a link to elsewhere for instance.
        for name in ["proc", "dev", "sys", "tmp", "output"] + (plan.spec.inputDirectory == nil ? [] : ["input"]) {
            try make("\(paths.upper)/\(name)", 0o755, owner: root, root)
        }
        if let network = plan.network { try writeNames(network, owner: root) }
        return BlockDevice.of(node: loop.path)
    }

    /// Who is who for a job with a network. They lie in the writable layer, over the image's own.
    private func writeNames(_ network: NetworkPlan, owner: UInt32) throws(LinuxError) {
        let folder = "\(paths.upper)/etc"
        try make(folder, 0o755, owner: owner, owner)
        let servers = network.dnsServers.map { "nameserver \($0)\n" }.joined()
        let files = [
            ("resolv.conf", servers.isEmpty ? "# The owner of this machine names no resolver.\n" : servers),
            ("hosts", "127.0.0.1 localhost\n::1 localhost\n\(network.address) job\n"),
        ]
        for (name, text) in files {
            let path = "\(folder)/\(name)"
            try DurableFile.replace(path, with: Array(text.utf8))
            guard unsafe chown(path, owner, owner) == 0, unsafe chmod(path, 0o644) == 0 else {
                throw .systemCall(operation: "chown", object: path, errno: errno)
            }
        }
    }

    private func make(_ path: String, _ mode: mode_t, owner: UInt32, _ group: UInt32) throws(LinuxError) {
        try Files.makeDirectory(path, mode: mode)
        // Twice, because the umask has cut the mode, and because giving a directory away clears bits of it.
        guard unsafe chown(path, owner, group) == 0, unsafe chmod(path, mode) == 0 else {
            throw .systemCall(operation: "chown", object: path, errno: errno)
        }
    }
}
