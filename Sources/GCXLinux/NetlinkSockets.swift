/// What the kernel holds for the netlink sockets of a network namespace: no control group counts it.
package struct NetlinkSockets: Equatable, Sendable {
    package var sockets: UInt64 = 0
    /// Of the sockets themselves.
    package var ownBytes: UInt64 = 0
    /// Of answers that nobody has read.
    package var waitingBytes: UInt64 = 0

    /// All of it.
    package var bytes: UInt64 {
        let sum = ownBytes.addingReportingOverflow(waitingBytes)
        return sum.overflow ? .max : sum.partialValue
    }

    /// Those in the network namespace of a process; nil when the process is gone. Cost: two small files.
    package static func of(_ pid: Int32) -> NetlinkSockets? {
        guard let protocols = Files.lineIfPresent("/proc/\(pid)/net/protocols"),
            let table = Files.lineIfPresent("/proc/\(pid)/net/netlink")
        else { return nil }
        return parse(protocols: protocols, table: table)
    }

    /// Source: `sock_prot_seq_printf` (protocol, size, sockets) and `netlink_native_seq_show` (Rmem is fifth) of the
    /// kernel. A socket that was never used stands in the first only.
    package static func parse(protocols: String, table: String) -> NetlinkSockets {
        var found = NetlinkSockets()
        for line in protocols.split(separator: "\n") where line.hasPrefix("NETLINK") {
            let numbers = line.split(separator: " ").dropFirst().prefix(2).compactMap { UInt64($0, radix: 10) }
            guard numbers.count == 2 else { continue }
            // bounded here: two numbers, counted first; a size from 2 to 2^20
            found.sockets = numbers[1]
            // kmalloc rounds up to a power of two.
            let size = UInt64(1) << UInt64(64 - (max(2, min(numbers[0], 1 << 20)) - 1).leadingZeroBitCount)
            let own = size.multipliedReportingOverflow(by: numbers[1])
            found.ownBytes = own.overflow ? .max : own.partialValue
        }
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            let waiting = fields.dropFirst(4).first.flatMap { UInt64($0) } ?? 0
            let sum = found.waitingBytes.addingReportingOverflow(waiting)
            found.waitingBytes = sum.overflow ? .max : sum.partialValue
        }
        return found
    }
}
