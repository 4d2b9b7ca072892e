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
