package import GCXModel

/// The parts of `Resources`, so that a rule on all of them is written once.
package enum ResourcePart: String, CaseIterable, Sendable {
    case cores
    case memory = "bytes of memory"
    case storage = "bytes of storage"
    case gpus = "GPUs"

    /// So much of it, for people; of a name that is none of these, as it stands.
    package static func text(_ amount: UInt64, of name: String) -> String {
        switch ResourcePart(rawValue: name) {
        case .cores: NumberText.count(amount, "core")
        case .memory: "\(NumberText.count(amount, "byte")) of memory"
        case .storage: "\(NumberText.count(amount, "byte")) of storage"
        case .gpus: NumberText.count(amount, "GPU")
        case nil: "\(NumberText.count(amount)) \(name)"
        }
    }

    package func amount(of resources: Resources) -> UInt64 {
        switch self {
        case .cores: UInt64(clamping: resources.cores)
        case .memory: resources.memoryBytes
        case .storage: resources.storageBytes
        case .gpus: UInt64(clamping: resources.gpus)
        }
    }
}

/// A part of which less is free than is wanted.
package struct Shortage: Equatable, Sendable {
    package let part: ResourcePart
    package let wanted: UInt64
    package let free: UInt64
}

extension Resources {
    /// What is missing when so much is free; nothing when all of this fits.
    ///
    /// Whoever sells capacity asks this: the ledger of the leases that it knows, the machine of those that it has signed, the
    /// buyer's side of what an offer has left.
    package func shortages(in free: Resources) -> [Shortage] {
        ResourcePart.allCases.map { Shortage(part: $0, wanted: $0.amount(of: self), free: $0.amount(of: free)) }
            .filter { $0.wanted > $0.free }
    }
}

extension Resources {
    /// What is left of all this when others hold so much.
    package func less(_ held: [Resources]) -> Resources {
        func left(_ part: ResourcePart) -> UInt64 {
            let sum = held.reduce(UInt64(0)) { $0.saturatingSum(part.amount(of: $1)) }
            let all = part.amount(of: self)
            return all > sum ? all - sum : 0  // bounded: the smaller from the larger
        }
        return Resources(
            cores: UInt32(clamping: left(.cores)), memoryBytes: left(.memory), storageBytes: left(.storage),
            gpus: UInt32(clamping: left(.gpus)))
    }
}
