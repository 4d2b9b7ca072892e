import Glibc

/// The addresses of a name.
package enum HostAddresses {
    /// Numeric addresses without brackets, in the system's order, each once.
    ///
    /// Source: getaddrinfo(3). Cost: a question to the name servers; it waits for them.
    /// - Parameter host: a name, or an address, which is its own answer.
    /// - Returns: nothing where the name is not known.
    package static func of(_ host: String) -> [String] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)  // bounded: a constant of the kernel
        var found: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, nil, &hints, &found) == 0 else { return [] }
        defer { unsafe freeaddrinfo(found) }
        var addresses: [String] = []
        var next = unsafe found
        while let one = unsafe next, addresses.count < addressesMax {
            if let text = unsafe text(of: one.pointee), !addresses.contains(text) { addresses.append(text) }
            unsafe next = one.pointee.ai_next
        }
        return addresses
    }

    private static func text(of info: addrinfo) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(NI_MAXHOST))  // bounded: a constant of the C library
        // bounded: the same constant
        let length = socklen_t(bytes.count)
        let code = unsafe getnameinfo(
            info.ai_addr, info.ai_addrlen, &bytes, length, nil, 0, NI_NUMERICHOST)
        guard code == 0 else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Names with more addresses than this have them for other reasons than ours.
    private static let addressesMax = 16
}
