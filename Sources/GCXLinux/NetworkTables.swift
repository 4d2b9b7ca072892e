import GCXModel
import Glibc

/// The interfaces and IPv4 routes of the network namespace that the calling thread is in.
package struct NetworkTables: Equatable, Sendable {
    /// An address of an interface, with the network that it says is next to it.
    package struct Attachment: Equatable, Sendable {
        package var interface: String
        package var address: IPv4Address
        package var network: IPv4Network
    }

    package struct Route: Equatable, Sendable {
        package var interface: String
        package var destination: IPv4Network
        /// Nil when the destination is next to the interface.
        package var gateway: IPv4Address?
    }

    package var attachments: [Attachment]
    package var routes: [Route]

    package static func read() throws(LinuxError) -> NetworkTables {
        // Not /proc/net: that is the namespace of the process's first thread.
        let path = "/proc/thread-self/net/route"
        return NetworkTables(attachments: try readAttachments(), routes: routes(in: try Files.text(path)))
    }

    /// The interfaces through which the default routes lead.
    package var uplinks: [String] { Set(routes.filter { $0.destination.prefix == 0 }.map(\.interface)).sorted() }

    /// True when there is an interface of that name. Source: if_nametoindex(3).
    package static func hasInterface(_ name: String) -> Bool { unsafe if_nametoindex(name) != 0 }

    /// Cumulative bytes of an interface.
    ///
    /// - Parameter process: whose network namespace is asked; nil is the calling thread's.
    /// - Returns: nil when the process or the interface is gone.
    package static func bytes(of interface: String, process: pid_t? = nil) -> (received: UInt64, sent: UInt64)? {
        let path = process.map { "/proc/\($0)/net/dev" } ?? "/proc/thread-self/net/dev"
        return Files.lineIfPresent(path).flatMap { bytes(of: interface, in: $0) }
    }

    /// Source: proc(5), /proc/net/dev: received bytes come first, sent bytes ninth.
    static func bytes(of interface: String, in text: String) -> (received: UInt64, sent: UInt64)? {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts.first?.drop(while: { $0 == " " }) == interface[...] else { continue }
            let numbers = (parts.last ?? "").split(separator: " ").map { UInt64($0, radix: 10) }
            guard let received = numbers.first ?? nil, let sent = numbers.dropFirst(8).first ?? nil else { return nil }
            return (received, sent)
        }
        return nil
    }

    /// Source: proc(5), /proc/net/route: interface, destination, gateway, flags and, eighth, mask; numbers are
    /// hexadecimal, as they lie in memory.
    static func routes(in text: String) -> [Route] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split { $0 == "\t" || $0 == " " }
            // bounded here: there are eight fields or more, and a mask has 32 bits
            guard fields.count > 7, let destination = address(fields[1]), let gateway = address(fields[2]),
                let mask = address(fields[7])
            else { return nil }
            return Route(
                interface: String(fields[0]),
                destination: IPv4Network(containing: destination, prefix: UInt8(mask.bits.nonzeroBitCount)),
                gateway: gateway.bits == 0 ? nil : gateway)
        }
    }

    private static func address(_ field: Substring) -> IPv4Address? {
        UInt32(field, radix: 16).map { IPv4Address(bits: UInt32(bigEndian: $0)) }
    }

    /// Source: getifaddrs(3).
    private static func readAttachments() throws(LinuxError) -> [Attachment] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else {
            throw .systemCall(operation: "getifaddrs", object: "interfaces", errno: errno)
        }
        defer { unsafe freeifaddrs(list) }
        var found: [Attachment] = []
        var next = unsafe list
        while let entry = unsafe next?.pointee {
            unsafe next = unsafe entry.ifa_next
            guard let address = unsafe ipv4(entry.ifa_addr), let mask = unsafe ipv4(entry.ifa_netmask) else { continue }
            // bounded: a mask has 32 bits
            let network = IPv4Network(containing: address, prefix: UInt8(mask.bits.nonzeroBitCount))
            unsafe found.append(
                Attachment(interface: String(cString: entry.ifa_name), address: address, network: network))
        }
        return found
    }

    private static func ipv4(_ pointer: UnsafeMutablePointer<sockaddr>?) -> IPv4Address? {
        guard let pointer = unsafe pointer, unsafe pointer.pointee.sa_family == AF_INET else { return nil }
        return unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            unsafe IPv4Address(bits: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
        }
    }
}
