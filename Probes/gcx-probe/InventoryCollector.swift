import GCXHardware
import GCXModel
import Glibc

/// Asks every source in turn; one that gives nothing becomes an entry under `problems`, and the rest stands.
enum InventoryCollector {
    /// - Throws: ``CollectorError`` when what to look at is not there at all.
    static func collect(_ subject: HardwareProbe.Subject) throws(CollectorError) -> Inventory {
        clearEnvironment()
        switch subject {
        case .thisMachine:
            return collect(.live, origin: .liveMachine, hwloc: .thisMachine, idList: nil)
        case .hwlocXML(let path):
            return try collectXML(path)
        case .machineFolder(let path):
            return try collectFolder(path)
        }
    }

    /// A variable of the caller's could replace the machine by another one.
    private static func clearEnvironment() {
        for name in ["XMLFILE", "SYNTHETIC", "FSROOT", "COMPONENTS", "THISSYSTEM", "CPUID_PATH", "DUMPED_HWDATA_DIR"] {
            unsafe unsetenv("HWLOC_\(name)")
        }
    }

    private static func collectFolder(_ path: String) throws(CollectorError) -> Inventory {
        let folder = try OpenMachineFolder(path)
        let xml = "\(path)/topology.xml"
        let ids = "\(path)/pci.ids"
        return unsafe collect(
            folder.root, origin: .machineFolder,
            hwloc: access(xml, R_OK) == 0 ? .xml(xml) : .fileSystem(folder.root.path),
            idList: access(ids, R_OK) == 0 ? ids : nil)
    }

    /// Topology and devices from the export alone: this machine's own files would describe another one.
    private static func collectXML(_ path: String) throws(CollectorError) -> Inventory {
        guard unsafe access(path, R_OK) == 0 else { throw .unreadable(path: path, errno: errno) }
        if let version = HwlocExport.newerVersion(path) { throw .newerExport(path: path, version: version) }
        var inventory = Inventory(origin: .hwlocXML)
        do {
            let topology = try HwlocTopology(.xml(path))
            inventory.topology = topology.shape()
            inventory.pciDevices = topology.pciDevices()
            inventory.blockDevices = topology.blockDevices()
            inventory.networkInterfaces = topology.networkInterfaces()
        } catch {
            throw .noTopology(path: path, reason: error.description)
        }
        PCILibrary.addNames(to: &inventory.pciDevices, idList: nil)
        inventory.gpus = GPUVendors.gpus(among: inventory.pciDevices, in: SystemRoot(path: path))
        return inventory
    }

    private static func collect(
        _ root: SystemRoot, origin: Inventory.Origin, hwloc: HwlocTopology.Input, idList: String?
    ) -> Inventory {
        var inventory = Inventory(origin: origin)
        let hwlocPCICount = addTopology(hwloc, to: &inventory)
        addPCI(root, idList, to: &inventory)
        inventory.gpus = GPUVendors.gpus(among: inventory.pciDevices, in: root)
        addSystem(root, to: &inventory)
        // An export's hwloc document rarely holds its devices: only a live look can disagree with libpci.
        inventory.contradictions = Contradictions.find(
            in: inventory, hwlocPCICount: root.isLive ? hwlocPCICount : nil)
        return inventory
    }

    /// Returns how many PCI functions hwloc saw.
    private static func addTopology(_ input: HwlocTopology.Input, to inventory: inout Inventory) -> Int? {
        do {
            let topology = try HwlocTopology(input)
            inventory.topology = topology.shape()
            return topology.pciDevices().count
        } catch {
            inventory.problems.append(.init(source: "hwloc", reason: error.description))
            return nil
        }
    }

    private static func addPCI(_ root: SystemRoot, _ idList: String?, to inventory: inout Inventory) {
        // A machine without PCI (a small Arm board, a container) has no folder: nothing is wrong with it.
        guard root.exists(PCISource.folder) else { return }
        let (devices, problems) = PCILibrary.scan(sysfs: root.absolute("sys/bus/pci"), idList: idList)
        inventory.pciDevices = devices
        inventory.problems += problems  // bounded: joins lists
        for index in inventory.pciDevices.indices {
            PCISource.readFacts(root, into: &inventory.pciDevices[index])  // bounded: an index of the list
        }
    }

    private static func addSystem(_ root: SystemRoot, to inventory: inout Inventory) {
        let mounts = MountSource.read(root)
        inventory.processor = ProcessorSource.read(root)
        inventory.memory = MemorySource.read(root)
        inventory.blockDevices = BlockSource.read(root, mounts: mounts)
        inventory.networkInterfaces = NetworkSource.read(root)
        inventory.kernel = KernelSource.read(root)
        inventory.virtualisation = VirtualisationSource.read(
            root, processor: inventory.processor, pciDevices: inventory.pciDevices)
        inventory.agentLimits = CgroupSource.read(root, mounts: mounts)
        addMissing(to: &inventory)
    }

    /// Every Linux has these; that one is missing is worth a line.
    private static func addMissing(to inventory: inout Inventory) {
        let missing: [(String, Bool)] = [
            ("proc/cpuinfo", inventory.processor == nil), ("proc/meminfo", inventory.memory == nil),
            ("proc/sys/kernel/osrelease", inventory.kernel == nil), ("proc/self/cgroup", inventory.agentLimits == nil),
        ]
        // bounded: joins lists
        inventory.problems += missing.filter(\.1).map {
            .init(source: $0.0, reason: "is missing, unreadable or not in the expected form")
        }
    }
}

/// What to look at is not there.
enum CollectorError: WordedError {
    case unreadable(path: String, errno: Int32)
    case noMachine(path: String)
    case badTree(path: String, reason: String)
    case noTopology(path: String, reason: String)
    case newerExport(path: String, version: String)

    var description: String {
        switch self {
        case .unreadable(let path, let code): unsafe "cannot read \(path): \(String(cString: strerror(code)))"
        case .noMachine(let path): "\(path) holds neither tree.txt nor sys and proc"
        case .badTree(let path, let reason): "\(path): \(reason)"
        case .newerExport(let path, let version):
            "\(path) is an export of hwloc \(version), and this machine's hwloc reads those of version \(HwlocExport.known) and before; "
                + "export it with `lstopo --export-xml-flags v2`"
        case .noTopology(let path, let reason): "\(path) is no hwloc XML export: \(reason)"
        }
    }
}
