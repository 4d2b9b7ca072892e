import GCXHardware
import GCXModel
import Testing

/// The parsers on texts: what the kernel writes, and what it should not.
struct ParserTests {
    @Test("meminfo without a MemTotal, or with one that overflows, gives nothing")
    func meminfo() {
        #expect(MemorySource.parse("MemFree: 12 kB\n") == nil)
        #expect(MemorySource.parse("MemTotal: 18446744073709551615 kB\n") == nil)
        #expect(MemorySource.parse("MemTotal: 4 kB\nSwapTotal: 0 kB\n")?.swapTotalBytes == 0)
        #expect(MemorySource.parse("MemTotal: 4 kB\n")?.swapTotalBytes == nil)
        #expect(MemorySource.parseNode("Node 0 MemTotal:  5597388 kB\n") == 5_731_725_312)
    }

    @Test("cpuinfo clocks are exact thousandths of a megahertz")
    func clocks() throws {
        let text =
            "processor\t: 0\nmodel name\t: X @ 2.60GHz\ncpu MHz\t\t: 2596.128\nbogomips\t: 5192.25\nflags\t: tsc\n"
        let clock = try #require(ProcessorSource.parse(text)?.clock)
        #expect(clock.cpuinfoKilohertz == 2_596_128)
        #expect(clock.modelNameKilohertz == 2_600_000)
        #expect(clock.timeStampCounterKilohertz == 2_596_125)
        #expect(ProcessorSource.parse("") == nil)
    }

    @Test("link rates, widths and their unknowns", arguments: [("2.5 GT/s PCIe", 2500), ("32.0 GT/s PCIe", 32_000)])
    func links(text: String, rate: Int) {
        #expect(PCISource.parseSpeed(text) == rate)
        #expect(PCISource.parseSpeed("Unknown") == nil)
        #expect(PCISource.parseWidth("0") == nil && PCISource.parseWidth("255") == nil)
    }

    @Test("the scheduler is the word in brackets")
    func scheduler() {
        #expect(BlockSource.parseScheduler("none [mq-deadline] bfq") == "mq-deadline")
        #expect(BlockSource.parseScheduler("none") == "none")
        #expect(BlockSource.parseScheduler("a b") == nil)
    }

    @Test("a speed the kernel does not know is nil", arguments: ["-1", "0", "65535", "4294967295", "x"])
    func speed(text: String) {
        #expect(NetworkSource.parseSpeed(text) == nil)
    }

    @Test("mountinfo keeps the path with its spaces and skips what makes no sense")
    func mountinfo() {
        let text =
            "31 25 0:27 / /mnt/a\\040b rw shared:7 master:2 - ext4 /dev/sda rw,x\nnonsense\n1 2 3 4 5 6 7 8 9 -\n"
        let mounts = MountSource.parse(text)
        #expect(mounts.map(\.mountPoint) == ["/mnt/a b"])
        #expect(mounts.first?.options == ["rw", "x"])
    }

    @Test("named hierarchies and other controllers are left out of the memberships")
    func memberships() {
        let text = "9:name=systemd:/a\n6:freezer:/b\n4:memory:/c\n1:cpu,cpuacct:/d:e\n0::/f\n"
        #expect(CgroupSource.parse(text).map(\.path) == ["/c", "/d:e", "/f"])
    }

    @Test("the v1 word for no limit is none")
    func unlimited() {
        #expect(CgroupSource.parseV1Limit("9223372036854771712") == nil)
        #expect(CgroupSource.parseV1Limit("68719476736") == 68_719_476_736)
    }

    @Test(
        "firmware names stand for hypervisors, makers of machines for none",
        arguments: [
            ("QEMU", "qemu"), ("VMware, Inc.", "vmware"), ("Google Compute Engine", "google"), ("Dell Inc.", nil),
        ])
    func hypervisors(vendor: String, kind: String?) {
        #expect(VirtualisationSource.kind(named: vendor) == kind)
    }

    @Test("a tree gives files and links, and a bad line its number")
    func tree() throws {
        let text = "# x\n[a/b]\nf: 1\nl -> ../c\nm: <<\n[not a folder]\n>>\n"
        #expect(
            try MachineFolder.parse(text) == [
                .file(path: "a/b/f", text: "1\n"), .link(path: "a/b/l", target: "../c"),
                .file(path: "a/b/m", text: "[not a folder]\n"),
            ])
        #expect(throws: MachineFolder.TreeError.badLine(line: 2, text: "what")) {
            try MachineFolder.parse("f: 1\nwhat\n")
        }
        #expect(throws: MachineFolder.TreeError.unfinishedText(line: 1)) { try MachineFolder.parse("m: <<\nx\n") }
    }

    @Test("a tree never writes outside its folder, not even through its own links")
    func confined() throws {
        let folder = try TemporaryFolder()
        #expect(throws: MachineFolder.TreeError.outside(path: "../x")) {
            try MachineFolder.write([.file(path: "../x", text: "")], below: folder.path)
        }
        let target = try TemporaryFolder()
        #expect(throws: MachineFolder.TreeError.self) {
            try MachineFolder.write(
                [.link(path: "d", target: target.path), .file(path: "d/x", text: "")], below: folder.path)
        }
        #expect(target.text("x") == nil)
    }

    /// A machine of such files.
    private func root(_ files: [String: String], in folder: TemporaryFolder) throws -> SystemRoot {
        try MachineFolder.write(files.map { .file(path: $0.key, text: $0.value + "\n") }, below: folder.path)
        return SystemRoot(path: folder.path)
    }

    @Test("a path of a drive that several controllers reach is no drive")
    func multipath() throws {
        let folder = try TemporaryFolder()
        let drives = ["nvme0n1": "0", "nvme0c0n1": "1", "nvme0c1n1": "1"]
        var files: [String: String] = [:]
        for (name, hidden) in drives {
            files["sys/block/\(name)/hidden"] = hidden
            files["sys/block/\(name)/size"] = "1953525168"
        }
        let devices = BlockSource.read(try root(files, in: folder), mounts: [])
        #expect(devices.map(\.name) == ["nvme0n1"])
    }

    @Test("what is set aside as huge pages, of whatever size, is no plain memory")
    func hugePages() throws {
        let text = "MemTotal: 67108864 kB\nHugePages_Total: 24576\nHugepagesize: 2048 kB\n"
        let memory = try #require(MemorySource.parse(text))
        #expect(memory.hugeBytes == 48 << 30 && memory.plainBytes == 16 << 30)
        // Those of a gigabyte stand only in the sum.
        let more = try #require(MemorySource.parse(text + "Hugetlb: 58720256 kB\n"))
        #expect(more.plainBytes == 8 << 30)
        let broken = try #require(MemorySource.parse("MemTotal: 4 kB\nHugetlb: 8 kB\n"))
        #expect(broken.plainBytes == 0)
    }

    @Test("memory of nodes without processors is no plain memory, and makes no contradiction where hwloc leaves it out")
    func processorlessNodes() throws {
        let folder = try TemporaryFolder()
        let gib: UInt64 = 1 << 20
        let root = try root(
            [
                "proc/meminfo": "MemTotal: \(12 * gib) kB",
                "sys/devices/system/node/node0/meminfo": "Node 0 MemTotal: \(4 * gib) kB",
                "sys/devices/system/node/node0/cpulist": "0-1",
                "sys/devices/system/node/node1/meminfo": "Node 1 MemTotal: \(8 * gib) kB",
                "sys/devices/system/node/node1/cpulist": "",
            ], in: folder)
        var inventory = Inventory(origin: .machineFolder)
        inventory.memory = MemorySource.read(root)
        #expect(inventory.memory?.processorlessBytes == 8 << 30)
        #expect(inventory.memoryBytes == 4 << 30)
        inventory.topology = .init(allowedPUs: PUSet([0, 1]))
        for (bytes, isTold) in [(UInt64(4) << 30, false), (12 << 30, false), (7 << 30, true)] {
            inventory.topology?.numaNodes = [.init(osIndex: 0, memoryBytes: bytes, pus: PUSet([0, 1]))]
            #expect(Contradictions.find(in: inventory).contains { $0.fact == .memoryBytes } == isTold, "\(bytes)")
        }
        let drawn = InventoryTree.draw(inventory, width: 100, colour: false)
        #expect(drawn.contains("8 GiB on nodes without processors"), "\(drawn)")
        #expect(drawn.contains("cores unknown"), "none is listed")
    }

    @Test("nodes and blocks that claim more memory together than a number holds have the largest number")
    func memoryBeyondAll() throws {
        let folder = try TemporaryFolder()
        let nodes = [0, 1].map { node in
            MachineFolder.Entry.file(
                path: "sys/devices/system/node/node\(node)/meminfo",
                text: "Node \(node) MemTotal: 18014398509481983 kB\n")
        }
        let blocks = [0, 1].map { block in
            MachineFolder.Entry.file(path: "sys/devices/system/memory/memory\(block)/online", text: "1\n")
        }
        try MachineFolder.write(
            nodes + blocks + [
                .file(path: "proc/meminfo", text: "MemTotal: 4 kB\n"),
                .file(path: "sys/devices/system/memory/block_size_bytes", text: "ffffffffffffffff\n"),
            ], below: folder.path)
        let memory = try #require(MemorySource.read(SystemRoot(path: folder.path)))
        #expect(memory.nodesTotalBytes == .max && memory.onlineBlocksBytes == .max)
    }
}
