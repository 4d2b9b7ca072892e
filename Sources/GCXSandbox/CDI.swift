import GCXLinux
import Glibc

/// The edits that devices want in a job's bundle, by the Container Device Interface: a vendor's file says what a device
/// needs, and whoever runs containers asks for it by name.
///
/// Source: CDI specification 0.8, `SPEC.md`. JSON only; `nvidia-ctk cdi generate --format=json` writes it.
package struct CDIEdits: Codable, Equatable, Sendable {
    package var env: [String]? = nil
    package var deviceNodes: [Node]? = nil
    package var mounts: [Mount]? = nil
    package var hooks: [Hook]? = nil

    /// A device node inside the job.
    package struct Node: Codable, Equatable, Sendable {
        package var path: String
        /// Where it is on the machine, when that differs.
        package var hostPath: String? = nil
        /// Of `rwm`; nil is all of them.
        package var permissions: String? = nil
        package var fileMode: UInt32? = nil
    }

    /// A file or directory of the machine inside the job: a driver's library, for instance.
    package struct Mount: Codable, Equatable, Sendable {
        package var hostPath: String
        package var containerPath: String
        package var options: [String]? = nil
    }

    /// A program of the vendor that the runtime calls on the machine, as root.
    package struct Hook: Codable, Equatable, Sendable {
        package var hookName: String
        package var path: String
        package var args: [String]? = nil
        package var env: [String]? = nil
        package var timeout: Int? = nil
    }

    mutating func add(_ other: CDIEdits) {
        env = Self.sum(env, other.env)
        deviceNodes = Self.sum(deviceNodes, other.deviceNodes)
        mounts = Self.sum(mounts, other.mounts)
        hooks = Self.sum(hooks, other.hooks)
    }

    /// What several devices want alike is there once.
    private static func sum<Item: Equatable>(_ first: [Item]?, _ second: [Item]?) -> [Item]? {
        guard let second else { return first }
        return second.reduce(into: first ?? []) { list, item in if !list.contains(item) { list.append(item) } }
    }
}

/// The devices that the files of this machine describe.
package struct CDIRegistry: Sendable {
    package let directories: [String]

    /// - Parameter directories: later ones win, as the specification has it.
    package init(directories: [String] = ["/etc/cdi", "/var/run/cdi"]) { self.directories = directories }

    private struct Specification: Codable {
        var kind: String
        var devices: [Device]
        var containerEdits: CDIEdits?

        struct Device: Codable {
            var name: String
            var containerEdits: CDIEdits
        }
    }

    /// What the devices need together, each named `vendor.com/class=name`.
    ///
    /// - Throws: ``SandboxError/noDevice(name:reason:)`` for a name that no file describes, or a node that is not there.
    package func edits(for names: [String]) throws(SandboxError) -> CDIEdits {
        var edits = CDIEdits()
        var kinds: Set<String> = []
        let known = try specifications()
        for name in names {
            let parts = name.split(separator: "=", maxSplits: 1).map(String.init)
            let matching = known.filter { $0.kind == parts.first }
            guard parts.count == 2,
                let (specification, device) = matching.reversed().lazy.compactMap({ specification in
                    // bounded: two parts, counted first
                    specification.devices.first { $0.name == parts[1] }.map { (specification, $0) }
                }).first
            else {
                throw .noDevice(name: name, reason: "no file in \(directories.joined(separator: " or ")) describes it")
            }
            if kinds.insert(specification.kind).inserted, let common = specification.containerEdits {
                edits.add(common)
            }
            edits.add(device.containerEdits)
        }
        try check(edits, names)
        return edits
    }

    /// Every file, in the order of directories and names. One that cannot be read is an error, not a device less.
    private func specifications() throws(SandboxError) -> [Specification] {
        var found: [Specification] = []
        for directory in directories where Files.exists(directory) {
            let names = try sandboxed { () throws(LinuxError) in try Files.names(in: directory) }
            for name in names {
                let path = "\(directory)/\(name)"
                guard name.hasSuffix(".json") else {
                    guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else { continue }
                    throw .noDevice(name: path, reason: "it is YAML, and only JSON is read here")
                }
                found.append(
                    try sandboxed { () throws(LinuxError) in
                        let bytes = try Files.bytes(path, limit: SandboxLimits.cdiBytesMax)
                        return try JSONFile.decode(Specification.self, bytes, object: path)
                    })
            }
        }
        return found
    }

    private func check(_ edits: CDIEdits, _ names: [String]) throws(SandboxError) {
        let name = names.joined(separator: ", ")
        for node in edits.deviceNodes ?? [] {
            guard DeviceNode.look(node.hostPath ?? node.path) != nil else {
                throw .noDevice(name: name, reason: "`\(node.hostPath ?? node.path)` is no device node of this machine")
            }
        }
        // bounded: joins lists
        for path in (edits.mounts ?? []).map(\.hostPath) + (edits.hooks ?? []).map(\.path) where !Files.exists(path) {
            throw .noDevice(name: name, reason: "`\(path)` is not there")
        }
    }
}

/// A device node of the machine, by what it stands for.
struct DeviceNode: Equatable {
    /// `b` or `c`.
    var type: String
    var number: dev_t
    var mode: mode_t

    /// Nil when there is no device node at the path.
    static func look(_ path: String) -> DeviceNode? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFCHR: return DeviceNode(type: "c", number: status.st_rdev, mode: status.st_mode & 0o777)
        case S_IFBLK: return DeviceNode(type: "b", number: status.st_rdev, mode: status.st_mode & 0o777)
        default: return nil
        }
    }
}

extension SandboxMounts {
    /// Makes the nodes of the job's devices, owned by the job, for the bundle to bind into it.
    ///
    /// A node in a user namespace cannot be made there, and the machine's own may belong to a group that the job does not
    /// have; so they are made here, in a file system of their own that may hold devices.
    func makeDevices() throws(LinuxError) {
        guard let nodes = plan.devices?.deviceNodes, !nodes.isEmpty else { return }
        try Files.makeDirectory(paths.devices, mode: 0o755)
        try Mounts.mount("gcx-devices", at: paths.devices, type: "tmpfs", [.noSetUID], options: "mode=755,size=64k")
        for (index, node) in nodes.enumerated() {
            let host = node.hostPath ?? node.path
            guard let device = DeviceNode.look(host) else {
                throw .malformed(object: host, reason: "no device node")
            }
            let path = paths.device(index)
            let mode = mode_t(node.fileMode ?? 0o600) & 0o777  // bounded: of 32 bits already
            // bounded here: ids of a range of 65,536 that ends below 2^31
            let owner = plan.ids.base + plan.process.user
            guard unsafe mknod(path, (device.type == "b" ? S_IFBLK : S_IFCHR) | mode, device.number) == 0,
                unsafe chown(path, owner, plan.ids.base + plan.process.group) == 0, unsafe chmod(path, mode) == 0
            else { throw .systemCall(operation: "mknod", object: path, errno: errno) }
        }
    }
}

extension OCIBundle {
    /// Lays a job's devices over the bundle.
    mutating func apply(_ edits: CDIEdits, _ sandbox: SandboxPaths) {
        // bounded: joins lists
        process.env = (process.env + (edits.env ?? [])).sorted()
        for (index, node) in (edits.deviceNodes ?? []).enumerated() {
            guard let device = DeviceNode.look(node.hostPath ?? node.path) else { continue }
            let block = BlockDevice(device.number)
            linux.resources.devices.append(
                Device(
                    allow: true, type: device.type, major: block.major, minor: block.minor,
                    access: node.permissions ?? "rwm"))
            mounts.append(
                Mount(
                    destination: node.path, type: "bind", source: sandbox.device(index),
                    options: ["bind", "nosuid", "noexec"]))
        }
        for mount in edits.mounts ?? [] {
            mounts.append(
                Mount(
                    destination: mount.containerPath, type: "bind", source: mount.hostPath,
                    options: mount.options ?? ["ro", "nosuid", "nodev", "rbind"]))
        }
        guard let list = edits.hooks, !list.isEmpty else { return }
        hooks = Dictionary(grouping: list, by: \.hookName).mapValues { group in
            group.map { Hook(path: $0.path, args: $0.args, env: $0.env, timeout: $0.timeout) }
        }
    }
}
