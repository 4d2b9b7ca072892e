import Foundation
import GCXBenchmark
import GCXHardware
import GCXLedger
import GCXModel
import GCXPricing
import GCXSigning
import GCXWire

@testable import GCXAgent
@testable import GCXLinux

extension FuzzEntry {
    /// What the probe, or somebody in its place, writes: inventories and reports, and all that is drawn of them.
    static let probe = FuzzEntry(name: "probe") { bytes in
        let rest = Array(bytes.dropFirst())
        switch (bytes.first ?? 0) % 5 {
        case 0:
            guard let inventory = try? StrictJSON.decode(Inventory.self, from: rest) else { return }
            _ = InventoryTree.draw(inventory, width: 100, colour: false)
            let measurement = Measurement(inventory, at: 1_800_000_000)
            _ = measurement.contradictions.map(\.shown)
            _ = ComputeHourRating(measurement.facts, by: .v1)
        case 1:
            guard let report = try? BenchmarkReport(decoding: Data(rest)) else { return }
            _ = report.table(width: 80, colour: false)
            _ = ComputeHourRating(report.facts(measuredAt: 1_800_000_000), by: .v1)
        case 2: _ = try? MachineFolder.parse(String(decoding: rest, as: UTF8.self))
        case 3: _ = try? PeerTally(decoding: Data(rest))
        default: _ = try? BenchmarkRecord(decoding: Data(rest)).verified()
        }
    } seeds: {
        let inventory = Inventory(origin: .liveMachine)
        let report = BenchmarkReport(
            kernelVersion: "1", instructionSet: "avx2",
            processors: ProcessorAllowance(online: 2, allowed: [0, 1], used: [0], quotaProcessors: 1.5),
            environmentRemoved: ["A"],
            elapsedSeconds: 1, axes: [], problems: ["none"])
        let tally = PeerTally(nonce: "0x00", client: "0x01", up: [.init(bytes: 5, nanoseconds: 7)])
        return [
            [0] + ((try? JSONEncoder().encode(inventory)).map(Array.init) ?? []),
            [1] + ((try? report.encoded()).map(Array.init) ?? []),
            [2] + Array("proc/cpuinfo\n| processor : 0\n".utf8), [3] + ((try? tally.encoded()).map(Array.init) ?? []),
        ]
    }

    /// Text that has a form of its own: what the kernel writes, dates, addresses, references of images; and all text that
    /// is shown.
    static let text = FuzzEntry(name: "text") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        _ = CgroupText.value("usage_usec", in: text)
        _ = CgroupText.sum("rbytes", inIOStat: text)
        _ = CgroupText.sum("Read", inServiceBytes: text)
        _ = MountTable.parse(text)
        _ = NetworkTables.bytes(of: "eth0", in: text)
        _ = NetworkTables.routes(in: text)
        _ = PUSet(list: text)
        if let nanoseconds = RFC3339.nanoseconds(text) { _ = RFC3339.text(nanoseconds) }
        if let reference = try? RegistryReference(text) { _ = "\(reference)" }
        if let rule = ImageRule(text) { _ = "\(rule)" }
        if let network = IPv4Network(text) {
            precondition(network.contains(network.first) && network.contains(network.last))
        }
        _ = PeerLine(text)
        _ = Amount(text)
        if let hex = Hex.decode(text) { precondition(Hex.decode(Hex.encode(hex)) == hex) }
        _ = Address(text)
        _ = try? Address(checksummed: text)
        _ = Digest(text)
        if let key = EntryKey(text) { precondition(EntryKey(key.description) == key) }
        if let place = try? Endpoint(text) { precondition((try? Endpoint(place.description)) == place) }
        hardware(text)
        door(bytes, text)
    } seeds: {
        [
            "usage_usec 12\nuser_usec 7\n", "8:0 rbytes=1 wbytes=2 rios=3\n", "8:0 Read 12\n8:0 Write 3\nTotal 15\n",
            "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n",
            "Inter-|\n face |bytes\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
            "Iface\tDestination\tGateway\neth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\n", "0-3,8,10-11",
            "2026-11-29T12:34:56.789012345+01:00",
            "registry.example:5000/a/b:tag@sha256:" + String(repeating: "ab", count: 32),
            "*.example/a", "10.0.0.0/8", "0x" + String(repeating: "0f", count: 20),
            "offer:0x" + String(repeating: "0f", count: 32), "unix:/run/gcx/agent.sock", "http://[::1]:8080/",
            "processor\t: 0\nmodel name\t: A\nflags\t: fpu avx2\n",
            "MemTotal:  16 kB\nHugePages_Total: 2\nHugepagesize: 2048 kB\n",
            "Node 0 MemTotal: 16 kB\n", "12:cpu,cpuacct:/a\n0::/b\n", "16.0 GT/s PCIe", "2048K", "[mq-deadline] none",
            "protocol size sockets\nNETLINK 1112 5\n", "PRETTY_NAME=\"A 1\"\n",
            "340282366920938463463374607431768211455", "a\u{1B}[2Jb\u{202E}c\u{200B}\r\n\td\u{7F}\u{85}\u{FE0F}é😀",
        ].map { Array($0.utf8) }
    }

    /// What the kernel says of a machine, or a folder that stands for one.
    private static func hardware(_ text: String) {
        _ = KernelSource.parseDistribution(text)
        _ = MemorySource.parse(text)
        _ = MemorySource.parseNode(text)
        _ = ProcessorSource.parse(text)
        _ = CgroupSource.parse(text)
        _ = CgroupSource.parseV1Limit(text)
        _ = MountSource.parse(text)
        _ = PCISource.parseSpeed(text)
        _ = PCISource.parseWidth(text)
        _ = CacheSource.parseSize(text)
        _ = NetworkSource.parseSpeed(text)
        _ = BlockSource.parseScheduler(text)
        _ = try? CgroupLayout.parse(mountInfo: text)
        _ = NetlinkSockets.parse(protocols: text, table: text).bytes
    }

    /// Text of others on its way to a terminal: nothing is left in it that steers one, in however many pieces it comes.
    private static func door(_ bytes: [UInt8], _ text: String) {
        let other = Untrusted(text)
        for line in [other.shown, PlainText.excerpt(text), PlainText.line(text, bytesMax: 100)] {
            precondition(PlainText.refusal(of: line) == nil, "a line is shown that holds what cannot be seen")
        }
        var (whole, parts) = (SafeText(), SafeText())
        let shown = whole.add(bytes) + whole.finish()
        let cut = Int(bytes.first ?? 0) % (bytes.count + 1)
        precondition(
            shown == parts.add(bytes.prefix(cut)) + parts.add(bytes.dropFirst(cut)) + parts.finish(),
            "text in two pieces is shown as another")
        for text in [String(decoding: shown, as: UTF8.self), other.shownLines, SafeText.json(text)] {
            let hidden = text.unicodeScalars.first { PlainText.isHidden($0) && !["\n", "\t", "\r"].contains($0) }
            precondition(hidden == nil, "lines are shown that hold what cannot be seen")
        }
    }
}
