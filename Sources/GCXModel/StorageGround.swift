/// What a directory's data lies on in the end, seen through every filesystem and device between.
package struct StorageGround: Codable, Equatable, Sendable {
    /// Where the data is when it is at rest.
    package enum Kind: String, Codable, Sendable {
        /// A device that this machine shows as one.
        case device
        /// In memory, at least in part: nothing about it is a fact about a disk.
        case memory
        /// It cannot be told from here.
        case unknown
    }

    package var kind: Kind
    /// From the top down, `ext4 on a loop file on xfs on nvme0n1`.
    package var layers: String
    /// Why it cannot be told; nil unless it is unknown.
    package var reason: String?

    package init(_ kind: Kind, _ layers: String, reason: String? = nil) {
        (self.kind, self.layers, self.reason) = (kind, layers, reason)
    }

    /// One line for people.
    package var line: String {
        switch kind {
        case .device: layers
        case .memory: "\(layers): the directory lies in memory"
        case .unknown: "\(layers): what it lies on cannot be told (\(reason ?? "no reason was given"))"
        }
    }

    /// What lies on all of `below` together: in memory if any of them is, and unknown if any of them is.
    ///
    /// - Parameters:
    ///   - top: what lies on them, in a few words.
    ///   - namesMax: how many of them are named; the others are counted.
    package init(_ top: String, on below: [StorageGround], namesMax: Int) {
        let names = below.prefix(namesMax).map(\.layers).joined(separator: " and ")
        // bounded: more than were named, asked first
        let others = below.count > namesMax ? " and \(below.count - namesMax) more" : ""
        let worst =
            below.first { $0.kind == .memory } ?? below.first { $0.kind == .unknown }
            ?? StorageGround(below.isEmpty ? .unknown : .device, "", reason: below.isEmpty ? "it names nothing" : nil)
        // bounded: joins texts
        self.init(worst.kind, below.isEmpty ? top : "\(top) on \(names)" + others, reason: worst.reason)
    }
}
