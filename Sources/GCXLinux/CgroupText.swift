/// Readers of the kernel's small tables: text in, numbers out, nothing read from the machine here.
package enum CgroupText {
    /// The number after `key` in a table of `key value` lines (`cpu.stat`, `memory.events`, `memory.oom_control`).
    package static func value(_ key: String, in text: String) -> UInt64? {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count == 2, fields.first == key[...] { return fields.last.flatMap { UInt64($0, radix: 10) } }
        }
        return nil
    }

    /// The sum over all devices of one `key=value` of `io.stat`; nil when no device has it.
    package static func sum(_ key: String, inIOStat text: String) -> UInt64? {
        sum(
            text.split { $0 == "\n" || $0 == " " }.compactMap { field in
                let pair = field.split(separator: "=")
                return pair.count == 2 && pair.first == key[...] ? pair.last.flatMap { UInt64($0, radix: 10) } : nil
            })
    }

    /// The sum over all devices of one operation of `blkio.throttle.io_service_bytes` (`8:0 Read 4096`).
    package static func sum(_ operation: String, inServiceBytes text: String) -> UInt64? {
        sum(
            text.split(separator: "\n").compactMap { line in
                let fields = line.split(separator: " ")
                guard fields.count == 3, fields.dropFirst().first == operation[...] else { return nil }
                return fields.last.flatMap { UInt64($0, radix: 10) }
            })
    }

    private static func sum(_ values: [UInt64]) -> UInt64? { values.isEmpty ? nil : values.reduce(0, &+) }
}
