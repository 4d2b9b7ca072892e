/// What a job asks of the network.
package struct JobNetwork: Codable, Equatable, Hashable, Sendable {
    /// What a job can reach.
    package enum Mode: String, Codable, CaseIterable, Sendable {
        /// Its own loopback.
        case none
        /// Public addresses, over IPv4; nothing of the machine, of the provider's networks or of other jobs.
        case egress
    }

    package var mode: Mode
    /// TCP ports of the job that are to be reached from outside.
    package var publish: [UInt16]

    package init(mode: Mode, publish: [UInt16] = []) {
        self.mode = mode
        self.publish = publish
    }

    package static let none = JobNetwork(mode: .none)
}

/// A TCP port of a job that is reached from outside.
package struct PublishedPort: Codable, Equatable, Hashable, Sendable, CustomStringConvertible {
    /// Address and port of the machine.
    package var address: IPv4Address
    package var port: UInt16
    /// The job's own port.
    package var jobPort: UInt16

    package init(address: IPv4Address, port: UInt16, jobPort: UInt16) {
        self.address = address
        self.port = port
        self.jobPort = jobPort
    }

    package var description: String { "\(address):\(port) -> \(jobPort)/tcp" }
}
