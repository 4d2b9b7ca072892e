import FoundationEssentials
import GCXHardware
import GCXModel
import Testing

/// The real gcx-probe on machines nobody here has.
struct MachineFolderTests {
    struct Expected: Sendable, CustomTestStringConvertible {
        var machine: String
        var packages: Int
        var nodes: Int
        var cores: Int
        var pus: Int
        var lastLevelCaches: Int
        var pciDevices: Int
        var testDescription: String { machine }
    }

    static let machines = [
        Expected(
            machine: "two-sockets-smt", packages: 2, nodes: 2, cores: 32, pus: 64, lastLevelCaches: 2, pciDevices: 4),
        Expected(
            machine: "four-numa-nodes", packages: 1, nodes: 4, cores: 32, pus: 64, lastLevelCaches: 8, pciDevices: 4),
        Expected(
            machine: "arm-server", packages: 1, nodes: 1, cores: 80, pus: 80, lastLevelCaches: 80, pciDevices: 2),
        Expected(machine: "many-gpus", packages: 2, nodes: 2, cores: 32, pus: 32, lastLevelCaches: 8, pciDevices: 9),
        Expected(
            machine: "hot-plugged-guest", packages: 1, nodes: 1, cores: 3, pus: 3, lastLevelCaches: 1, pciDevices: 1),
    ]

    @Test("every machine folder is read whole and without a problem", arguments: machines)
    func counts(expected: Expected) async throws {
        let inventory = try await Machines.read(expected.machine)
        let topology = try #require(inventory.topology)
        #expect(inventory.origin == .machineFolder)
        #expect(inventory.problems == [])
        #expect(topology.packages.count == expected.packages)
        #expect(topology.numaNodes.count == expected.nodes)
        #expect(inventory.coreCount == expected.cores)
        #expect(inventory.puCount == expected.pus)
        #expect(topology.lastLevelCaches.count == expected.lastLevelCaches)
        #expect(inventory.pciDevices.count == expected.pciDevices)
    }

    @Test("SMT siblings are the PUs the kernel numbers 32 apart")
    func siblings() async throws {
        let topology = try #require(try await Machines.read("two-sockets-smt").topology)
        #expect(topology.isSMT)
        #expect(topology.cores[1].pus == PUSet(list: "1,33"))
        #expect(topology.packages.map(\.pus) == [PUSet(list: "0-15,32-47"), PUSet(list: "16-31,48-63")])
    }

    @Test("the agent's share is the tightest of all cgroups above it (v2)")
    func limitsV2() async throws {
        let inventory = try await Machines.read("two-sockets-smt")
        #expect(inventory.agentLimits?.layout == .v2)
        #expect(inventory.memoryBytes == 206_158_430_208)
        #expect(inventory.cpuMillicoresMax == 48_000)
        #expect(inventory.agentLimits?.pidsMax == 16_384)
        #expect(inventory.allowedPUs == PUSet(list: "4-31,36-63"))
        #expect(inventory.allowedCores.count == 28)
    }

    @Test("the agent's share is the tightest of all cgroups above it (v1)")
    func limitsV1() async throws {
        let inventory = try await Machines.read("four-numa-nodes")
        #expect(inventory.agentLimits?.layout == .v1)
        #expect(inventory.memoryBytes == 68_719_476_736)
        #expect(inventory.cpuMillicoresMax == 12_500)
        #expect(inventory.agentLimits?.pidsMax == 4096)
        #expect(inventory.allowedCores.count == 16)
    }

    @Test("four nodes share one package, each with two L3 caches of 8 MiB")
    func fourNodes() async throws {
        let topology = try #require(try await Machines.read("four-numa-nodes").topology)
        #expect(Set(topology.numaNodes.map(\.memoryBytes)) == [33_940_307_968])
        #expect(topology.numaNodes.allSatisfy { $0.pus.isSubset(of: topology.packages[0].pus) })
        for node in topology.numaNodes {
            let caches = topology.lastLevelCaches.filter { $0.pus.isSubset(of: node.pus) }
            #expect(caches.map(\.sizeBytes) == [8 << 20, 8 << 20])
        }
    }

    @Test("an Arm server has no flag for a hypervisor, no L3 and no SMT, and none is invented")
    func arm() async throws {
        let inventory = try await Machines.read("arm-server")
        #expect(inventory.kernel?.architecture == "aarch64")
        #expect(inventory.processor?.vendor == "Arm")
        #expect(inventory.processor?.flags.contains("asimd") == true)
        #expect(inventory.processor?.clock.cpuinfoKilohertz == nil)
        #expect(inventory.topology?.isSMT == false)
        #expect(inventory.topology?.caches.map(\.level).max() == 2)
        #expect(inventory.virtualisation?.hypervisor == nil)
        #expect(inventory.agentLimits?.layout == .hybrid)
        #expect(inventory.pciDevices.map(\.address) == ["0005:01:00.0", "000c:01:00.0"])
        #expect(inventory.contradictions == [])
    }

    @Test("a PCI device keeps driver, node, group and both link rates; a virtual function names its parent")
    func pci() async throws {
        let card = try #require(try await Machines.read("two-sockets-smt").pciDevices.first { $0.driver == "ice" })
        #expect(card.title == "Intel Corporation Ethernet Controller E810-C for QSFP")
        #expect(card.className == "Ethernet controller")
        #expect(card.numaNode == 0 && card.iommuGroup == 41 && card.subsystemVendorID == PCIID(0x8086))
        #expect(card.link == .init(speed: 16_000, speedMax: 16_000, width: 8, widthMax: 16))
        let virtual = try #require(try await Machines.read("four-numa-nodes").pciDevices.first { $0.iommuGroup == 22 })
        #expect(virtual.physicalFunction == "0000:21:00.0")
        #expect(virtual.link == nil)
    }

    @Test("disks, partitions and interfaces are what they are; an empty loop slot is none")
    func devices() async throws {
        let inventory = try await Machines.read("four-numa-nodes")
        #expect(inventory.blockDevices.map(\.name) == ["loop1", "md0", "nvme0n1", "sda", "sdb"])
        #expect(inventory.blockDevices.map(\.kind) == [.loop, .raid, .nvme, .scsi, .scsi])
        let disk = inventory.blockDevices[3]
        #expect(disk.sizeBytes == 8_001_563_222_016 && disk.isRotational == true && disk.scheduler == "mq-deadline")
        #expect(inventory.blockDevices[2].filesystems.map(\.mountPoint) == ["/"])
        let kinds = Dictionary(uniqueKeysWithValues: inventory.networkInterfaces.map { ($0.name, $0.kind) })
        #expect(
            kinds == [
                "lo": .loopback, "enp33s0": .hardware, "enp1s0": .hardware, "bond0": .bond, "bond0.42": .vlan,
                "tap0": .tunnel,
            ])
        #expect(inventory.networkInterfaces.first { $0.name == "enp1s0" }?.speedMegabitsPerSecond == nil)
    }

    @Test("every GPU is listed in its condition, and an id no list knows stays a bare id")
    func gpus() async throws {
        let inventory = try await Machines.read("many-gpus")
        #expect(
            inventory.gpus.map(\.condition) == [
                .ready, .ready, .ready, .noDriver, .displayOnly, .heldForPassthrough, .ready, .ready, .unrecognised,
            ])
        #expect(Set(inventory.gpus.map(\.vendor)) == ["NVIDIA", "AMD", "Intel", "fefe"])
        // The driver knows the third by name; nobody knows the fourth.
        #expect(inventory.gpus[2].model == "NVIDIA Z900")
        #expect(inventory.gpus[3].model == nil && inventory.pciDevices[3].title.hasSuffix("device 10de:fff2"))
        #expect(inventory.gpus.map(\.memoryBytes).compactMap(\.self) == [68_702_699_520, 17_095_983_104])
        #expect(inventory.pciDevices[1].link == .init(speed: 2500, speedMax: 16_000, width: 8, widthMax: 16))
    }

    @Test("a guest whose sources disagree gets a contradiction for each fact")
    func contradictions() async throws {
        let inventory = try await Machines.read("hot-plugged-guest")
        #expect(
            inventory.contradictions.map(\.fact) == [
                .memoryBytes, .puCount, .clockKilohertz, .virtualisation, .lastLevelCacheBytes,
            ])
        #expect(inventory.contradictions[0].claims.map(\.source).contains("hwloc"))
        #expect(inventory.memory?.totalBytes == 8_321_499_136)
        #expect(inventory.memoryBytes == 4_294_967_296)
        #expect(inventory.allowedPUs == PUSet(list: "0-1"))
    }

    @Test("an hwloc export alone gives the topology, and no fact of the machine that reads it")
    func xml() async throws {
        let probe = try Machines.probe()
        let inventory = try await probe.inventory(of: .hwlocXML("\(Machines.folder)/arm-server/topology.xml"))
        #expect(inventory.origin == .hwlocXML)
        #expect(inventory.coreCount == 80)
        #expect(inventory.memory == nil && inventory.kernel == nil && inventory.agentLimits == nil)
        #expect(inventory.memoryBytes == 271_656_681_472)
    }

    @Test("reading a machine folder leaves nothing in the temporary folder")
    func leavesNothing() throws {
        let place = try TemporaryFolder()
        let script = "TMPDIR=\(place.path) exec \(try Machines.probe().executable) \"$@\""
        let probe = HardwareProbe(executable: try place.script(script))
        _ = try probe.readInventory(of: .machineFolder("\(Machines.folder)/many-gpus"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["probe"])
    }

    @Test("the drawing of a machine is the one in its folder")
    func drawing() async throws {
        let inventory = try await Machines.read("two-sockets-smt")
        let drawn = InventoryTree.draw(inventory, width: 100, colour: false)
        #expect(drawn == (try Machines.text("two-sockets-smt/drawing.txt")))
    }

    @Test("a drawing fits its width, and colour changes nothing but the escapes")
    func width() async throws {
        let inventory = try await Machines.read("many-gpus")
        let plain = InventoryTree.draw(inventory, width: 60, colour: false)
        #expect(plain.split(separator: "\n").allSatisfy { $0.count <= 60 })
        let coloured = InventoryTree.draw(inventory, width: 60, colour: true)
        let stripped = ["\u{1B}[1m", "\u{1B}[33m", "\u{1B}[0m"].reduce(coloured) { $0.replacing($1, with: "") }
        #expect(stripped == plain && coloured != plain)
    }

    @Test("a name with an escape sequence does not reach the terminal")
    func escapes() {
        var inventory = Inventory(origin: .hwlocXML)
        inventory.blockDevices = [.init(name: "sda\u{1B}[2J\u{202E}", kind: .scsi)]
        let drawn = InventoryTree.draw(inventory, width: 80, colour: false)
        #expect(drawn.contains("sda?[2J?"))
    }
}
