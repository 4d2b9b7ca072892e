import FoundationEssentials
import GCXHardware
import GCXModel
import Testing

/// This machine, whatever it is.
struct LiveProbeTests {
    @Test("this machine has cores, memory, a kernel and a first PU it may use")
    func live() async throws {
        let inventory = try await Machines.probe().inventory()
        #expect(inventory.origin == .liveMachine)
        #expect(inventory.coreCount ?? 0 > 0)
        #expect(inventory.puCount ?? 0 >= inventory.coreCount ?? 1)
        #expect(inventory.memoryBytes ?? 0 > 64 << 20)
        #expect(inventory.kernel?.bootID?.count == 36)
        #expect(inventory.kernel?.architecture != nil)
        #expect(inventory.allowedPUs?.isEmpty == false)
        #expect(!inventory.allowedCores.isEmpty)
        #expect(inventory.networkInterfaces.contains { $0.kind == .loopback })
    }

    @Test("hwloc's memory and MemTotal agree, or the inventory says that they do not")
    func memory() async throws {
        let inventory = try await Machines.probe().inventory()
        let total = try #require(inventory.memory?.totalBytes)
        let hwloc = try #require(inventory.topology?.memoryBytes)
        let agree = hwloc > total - total / 20 && hwloc < total + total / 20
        #expect(agree || inventory.contradictions.contains { $0.fact == .memoryBytes })
    }

    @Test("an inventory survives the way through JSON")
    func roundTrip() async throws {
        let inventory = try await Machines.probe().inventory()
        let data = try JSONEncoder().encode(inventory)
        #expect(try JSONDecoder().decode(Inventory.self, from: data) == inventory)
    }

    @Test("the inventory holds no hardware address and no host name")
    func privacy() throws {
        let text = String(decoding: try Machines.probe().output(of: ["inventory"]), as: UTF8.self)
        for interface in SystemRoot.live.names(in: "sys/class/net") {
            guard let address = SystemRoot.live.word("sys/class/net/\(interface)/address"),
                address.contains(where: { $0 != "0" && $0 != ":" })
            else { continue }
            #expect(!text.contains(address))
        }
        #expect(!text.contains("hostname"))
    }

    /// Two units, no object for a core, and HBM before the memory.
    private static let odd = """
        <?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE topology SYSTEM "hwloc2.dtd">
        <topology version="2.0">
          <object type="Machine" os_index="0" cpuset="0x3" complete_cpuset="0x3" allowed_cpuset="0x3" nodeset="0x1" \
        complete_nodeset="0x1" allowed_nodeset="0x1" gp_index="1">
            <object type="MemCache" cpuset="0x3" complete_cpuset="0x3" nodeset="0x1" complete_nodeset="0x1" gp_index="2" \
        cache_size="17179869184" depth="1" cache_linesize="64" cache_associativity="1" cache_type="0">
              <object type="NUMANode" os_index="0" cpuset="0x3" complete_cpuset="0x3" nodeset="0x1" complete_nodeset="0x1" \
        gp_index="3" local_memory="137438953472"/>
            </object>
            <object type="PU" os_index="0" cpuset="0x1" complete_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1" gp_index="4"/>
            <object type="PU" os_index="1" cpuset="0x2" complete_cpuset="0x2" nodeset="0x1" complete_nodeset="0x1" gp_index="5"/>
          </object>
        </topology>

        """

    @Test("a cache before the memory is shown, and cores that nobody lists are unknown and not none")
    func oddShape() async throws {
        let folder = try TemporaryFolder()
        try MachineFolder.write([.file(path: "odd.xml", text: Self.odd)], below: folder.path)
        let inventory = try await Machines.probe().inventory(of: .hwlocXML("\(folder.path)/odd.xml"))
        #expect(inventory.coreCount == nil && inventory.puCount == 2)
        #expect(inventory.topology?.memoryCaches == [.init(sizeBytes: 16 << 30, pus: PUSet([0, 1]))])
        let drawn = InventoryTree.draw(inventory, width: 100, colour: false)
        #expect(drawn.contains("Machine: cores unknown, 2 PUs"), "\(drawn)")
        #expect(drawn.contains("memory-side cache 16 GiB: PUs 0-1"), "\(drawn)")
    }

    @Test("an hwloc export of a newer version is said to be one, with how to make an older")
    func newerExport() throws {
        let folder = try TemporaryFolder()
        let file = MachineFolder.Entry.file(
            path: "v9.xml",
            text:
                "<?xml version=\"1.0\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n<topology version=\"9.1\">\n</topology>\n"
        )
        try MachineFolder.write([file], below: folder.path)
        #expect { try Machines.probe().output(of: ["--hwloc-xml", "\(folder.path)/v9.xml"]) } throws: { error in
            "\(error)".contains("is an export of hwloc 9.1") && "\(error)".contains("--export-xml-flags v2")
        }
    }

    @Test("wrong arguments and absent inputs are refused with the reason")
    func refused() throws {
        let probe = try Machines.probe()
        #expect { try probe.output(of: ["--nonsense"]) } throws: { error in
            "\(error)".contains("usage: gcx-probe")
        }
        #expect { try probe.output(of: ["--root", "/nowhere"]) } throws: { error in
            "\(error)".contains("/nowhere holds neither tree.txt nor sys and proc")
        }
        #expect { try probe.output(of: ["--hwloc-xml", #filePath]) } throws: { error in
            "\(error)".contains("is no hwloc XML export")
        }
    }
}
