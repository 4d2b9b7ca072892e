/// How a fact came to be known. Later cases are stronger.
package enum TrustLevel: UInt8, Codable, Comparable, Sendable, CaseIterable, CustomStringConvertible {
    /// L0: read from the system.
    case claimed = 0
    /// L1: measured by a benchmark, with its samples, and signed.
    case measured = 1
    /// L2: shown in answer to a stranger's fresh challenge.
    case challenged = 2
    /// L3: checked again while a job ran.
    case audited = 3
    /// L4: rooted in hardware that signs.
    case hardware = 4

    package static func < (left: TrustLevel, right: TrustLevel) -> Bool { left.rawValue < right.rawValue }

    package var description: String {
        switch self {
        case .claimed: "L0 claimed"
        case .measured: "L1 measured"
        case .challenged: "L2 challenged"
        case .audited: "L3 audited"
        case .hardware: "L4 hardware-rooted"
        }
    }
}

/// The wall between a job and the machine. Later cases are thicker.
package enum IsolationLevel: UInt8, Codable, Comparable, Sendable, CaseIterable, CustomStringConvertible {
    /// Namespaces, cgroup, seccomp and a user namespace of its own: root inside is nobody outside.
    case container = 0
    /// A user-space kernel between the job and the machine's.
    case userKernel = 1
    /// A virtual machine.
    case virtualMachine = 2

    package static func < (left: IsolationLevel, right: IsolationLevel) -> Bool { left.rawValue < right.rawValue }

    package var description: String {
        switch self {
        case .container: "container"
        case .userKernel: "user-kernel"
        case .virtualMachine: "virtual-machine"
        }
    }

    /// Nil unless the text is one of the descriptions.
    package init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = level
    }
}
