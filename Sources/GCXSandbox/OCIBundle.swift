import GCXLinux

/// The `config.json` of an OCI runtime bundle, as far as a job needs it: a value that can be printed and reviewed.
///
/// Source: OCI runtime specification 1.0.2, `config.md` and `config-linux.md`; the names are the specification's.
package struct OCIBundle: Codable, Equatable, Sendable {
    package var ociVersion = "1.0.2"
    package var hostname = "job"
    package var root: Root
    package var process: Process
    package var mounts: [Mount]
    package var linux: Linux
    /// Programs that the runtime calls, by the moment at which it does; nil without devices that want some.
    package var hooks: [String: [Hook]]? = nil

    package struct Hook: Codable, Equatable, Sendable {
        package var path: String
        package var args: [String]?
        package var env: [String]?
        package var timeout: Int?
    }

    package struct Root: Codable, Equatable, Sendable {
        package var path: String
        package var readonly: Bool
    }

    package struct Process: Codable, Equatable, Sendable {
        package var terminal = false
        package var user: User
        package var args: [String]
        package var env: [String]
        package var cwd: String
        package var capabilities = Capabilities()
        package var rlimits: [ResourceLimit]
        package var noNewPrivileges = true
        /// Nil where the machine has no such profile.
        package var apparmorProfile: String? = nil
        package var oomScoreAdj: Int
    }

    package struct User: Codable, Equatable, Sendable {
        package var uid: UInt32
        package var gid: UInt32
        package var additionalGids: [UInt32]? = nil
    }

    /// All empty: a job has no capability in any set.
    package struct Capabilities: Codable, Equatable, Sendable {
        package var bounding: [String] = []
        package var effective: [String] = []
        package var inheritable: [String] = []
        package var permitted: [String] = []
        package var ambient: [String] = []
    }

    package struct ResourceLimit: Codable, Equatable, Sendable {
        package var type: String
        package var hard: UInt64
        package var soft: UInt64
    }

    package struct Mount: Codable, Equatable, Sendable {
        package var destination: String
        package var type: String
        package var source: String
        package var options: [String]
    }

    package struct Linux: Codable, Equatable, Sendable {
        package var namespaces: [Namespace]
        package var uidMappings: [Mapping]
        package var gidMappings: [Mapping]
        package var cgroupsPath: String
        package var resources: Resources
        package var seccomp: Seccomp?
        package var maskedPaths: [String]
        package var readonlyPaths: [String]
    }

    package struct Namespace: Codable, Equatable, Sendable {
        package var type: String
        /// One that was made before; nil has the runtime make it.
        package var path: String? = nil
    }

    package struct Mapping: Codable, Equatable, Sendable {
        package var containerID: UInt32
        package var hostID: UInt32
        package var size: UInt32
    }

    /// Only devices and v1's limits of disks: the other limits are on the parent group, which the agent owns.
    package struct Resources: Codable, Equatable, Sendable {
        package var devices: [Device]
        package var blockIO: BlockIO?
    }

    /// Limits of disks, per second.
    package struct BlockIO: Codable, Equatable, Sendable {
        package var throttleReadBpsDevice: [Throttle]
        package var throttleWriteBpsDevice: [Throttle]
        package var throttleReadIOPSDevice: [Throttle]
        package var throttleWriteIOPSDevice: [Throttle]

        package struct Throttle: Codable, Equatable, Sendable {
            package var major: UInt32
            package var minor: UInt32
            package var rate: UInt64
        }

        init(_ limits: [IOLimit]) {
            func throttles(_ rate: (IOLimit) -> UInt64?) -> [Throttle] {
                limits.compactMap { limit in
                    rate(limit).map { Throttle(major: limit.device.major, minor: limit.device.minor, rate: $0) }
                }
            }
            throttleReadBpsDevice = throttles(\.bytesPerSecond)
            throttleWriteBpsDevice = throttles(\.bytesPerSecond)
            throttleReadIOPSDevice = throttles(\.operationsPerSecond)
            throttleWriteIOPSDevice = throttles(\.operationsPerSecond)
        }
    }

    package struct Device: Codable, Equatable, Sendable {
        package var allow: Bool
        /// `b` or `c`; nil with the numbers means every device.
        package var type: String? = nil
        package var major: UInt32? = nil
        package var minor: UInt32? = nil
        package var access: String
    }

    package struct Seccomp: Codable, Equatable, Sendable {
        package var defaultAction: String
        package var defaultErrnoRet: UInt32
        package var architectures: [String]
        package var syscalls: [SeccompRule]
    }

    package struct SeccompRule: Codable, Equatable, Sendable {
        package var names: [String]
        package var action: String
        /// What a refused call answers; nil for an allowed one.
        package var errnoRet: UInt32? = nil
        package var args: [SeccompArgument]?
    }

    package struct SeccompArgument: Codable, Equatable, Sendable {
        package var index: UInt32
        package var value: UInt64
        package var valueTwo: UInt64
        package var op: String
    }
}
