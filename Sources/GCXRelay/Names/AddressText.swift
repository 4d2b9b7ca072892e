import NIOCore

/// Socket addresses as people write them.
enum AddressText {
    static func of(_ address: SocketAddress) -> String {
        guard let host = address.ipAddress, let port = address.port else { return "unknown" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The same address with another port.
    static func address(like address: SocketAddress, port: UInt16) -> SocketAddress? {
        guard let host = address.ipAddress else { return nil }
        return try? SocketAddress(ipAddress: host, port: Int(port))  // bounded: 16 bits
    }
}
