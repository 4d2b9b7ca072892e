package import GCXModel

/// Draws an inventory as a tree for people.
package enum InventoryTree {
    /// Lines of at most `width` characters (never under 40), each ended by a newline; longer ones end in `…`.
    ///
    /// - Parameter colour: headings bold and contradictions yellow, in ANSI escapes.
    package static func draw(_ inventory: Inventory, width: Int, colour: Bool) -> String {
        styled(inventory, width: width).text(colour: colour)
    }

    /// The same for a terminal.
    package static func styled(_ inventory: Inventory, width: Int) -> StyledText {
        let canvas = Canvas(width: max(width, 40))
        let sections = [
            system(inventory), processors(inventory), memory(inventory), gpus(inventory), storage(inventory),
            network(inventory), devices(inventory), limits(inventory), contradictions(inventory), problems(inventory),
        ].compactMap(\.self)
        return canvas.draw(TreeNode(heading(inventory), sections, style: .bold))
    }

    private static func heading(_ inventory: Inventory) -> String {
        let cores = inventory.coreCount.map { NumberText.count($0, "core") } ?? "cores unknown"
        let pus = inventory.puCount.map { NumberText.count($0, "PU") } ?? "PUs unknown"
        let memory = inventory.memoryBytes.map(bytes) ?? "memory unknown"
        let ready = inventory.readyGPUs.count
        return
            "Machine: \(cores), \(pus), \(memory), \(ready == 0 ? "no usable GPU" : NumberText.count(ready, "usable GPU"))"
    }

    private static func system(_ inventory: Inventory) -> TreeNode? {
        var lines: [String] = []
        if let kernel = inventory.kernel {
            lines.append("kernel \([kernel.release, kernel.architecture].compactMap(\.self).joined(separator: " "))")
            if let distribution = kernel.distribution { lines.append(distribution) }
        }
        if let virtualisation = inventory.virtualisation {
            lines.append(virtualisation.hypervisor.map { "virtual machine: \($0)" } ?? "no sign of a hypervisor")
            if let container = virtualisation.container { lines.append("inside a container: \(container)") }
        }
        return section("System", lines.map { TreeNode($0) })
    }

    private static func memory(_ inventory: Inventory) -> TreeNode? {
        guard let memory = inventory.memory else { return nil }
        var lines = [
            "\(bytes(memory.totalBytes)) in all" + (memory.availableBytes.map { ", \(bytes($0)) available" } ?? "")
        ]
        if let swap = memory.swapTotalBytes, swap > 0 { lines.append("swap \(bytes(swap))") }
        if let huge = memory.hugeBytes, huge > 0 {
            let pages = memory.hugePagesTotal.flatMap { count in
                memory.hugePageBytes.map { "\(NumberText.count(count, "huge page")) of \(bytes($0))" }
            }
            lines.append("\(bytes(huge)) set aside as huge pages\(pages.map { " (\($0))" } ?? ""): no job gets it")
        }
        if let other = memory.processorlessBytes, other > 0 {
            lines.append("\(bytes(other)) on nodes without processors (a GPU's, an expander's): no job gets it")
        }
        return section("Memory", lines.map { TreeNode($0) })
    }

    private static func gpus(_ inventory: Inventory) -> TreeNode? {
        section(
            "GPUs",
            inventory.gpus.map { gpu in
                let device = inventory.pciDevices.first { $0.address == gpu.pciAddress }
                let model = gpu.model ?? device.map { "model \($0.vendorID):\($0.deviceID)" } ?? "model unknown"
                let facts = [
                    gpu.memoryBytes.map(bytes), gpu.numaNode.map { "node \($0)" },
                    condition(gpu),
                ].compactMap(\.self)
                return TreeNode("\(gpu.pciAddress) \(gpu.vendor) \(model) (\(facts.joined(separator: ", ")))")
            })
    }

    private static func condition(_ gpu: Inventory.GPU) -> String {
        let driver = gpu.driver ?? "none"
        return switch gpu.condition {
        case .ready: "driver \(driver)"
        case .noDriver: "no driver is bound"
        case .heldForPassthrough: "held for a virtual machine by \(driver)"
        case .displayOnly: "driver \(driver) runs no compute jobs"
        case .unrecognised: "not recognised, driver \(driver)"
        }
    }

    private static func storage(_ inventory: Inventory) -> TreeNode? {
        section(
            "Storage",
            inventory.blockDevices.map { device in
                let facts = [
                    device.kind.rawValue, device.sizeBytes.map(bytes),
                    device.isRotational.map { $0 ? "rotational" : "not rotational" }, device.scheduler,
                ].compactMap(\.self)
                let title = "\(device.name)\(device.model.map { " \($0)" } ?? "") (\(facts.joined(separator: ", ")))"
                return TreeNode(title, device.filesystems.map { TreeNode(filesystem($0)) })
            })
    }

    private static func filesystem(_ filesystem: Inventory.Filesystem) -> String {
        let room = filesystem.availableBytes.flatMap { available in
            filesystem.totalBytes.map { ", \(bytes(available)) of \(bytes($0)) available" }
        }
        return "\(filesystem.mountPoint) \(filesystem.type)\(room ?? "")"
    }

    private static func network(_ inventory: Inventory) -> TreeNode? {
        section(
            "Network",
            inventory.networkInterfaces.map { interface in
                let facts = [
                    interface.kind.rawValue, interface.driver, interface.speedMegabitsPerSecond.map { "\($0) Mbit/s" },
                    interface.state,
                ].compactMap(\.self)
                return TreeNode("\(interface.name) (\(facts.joined(separator: ", ")))")
            })
    }

    private static func devices(_ inventory: Inventory) -> TreeNode? {
        section(
            "PCI devices",
            inventory.pciDevices.map { device in
                let facts = [
                    device.className ?? "class \(device.classCode)", device.driver, device.link.flatMap(link),
                    device.numaNode.map { "node \($0)" }, device.iommuGroup.map { "group \($0)" },
                    device.physicalFunction.map { "virtual function of \($0)" },
                ].compactMap(\.self)
                return TreeNode("\(device.address) \(device.title) (\(facts.joined(separator: ", ")))")
            })
    }

    /// `x8 of x16 at 8.0 of 16.0 GT/s`, and the short form when the link runs as fast as it can.
    private static func link(_ link: Inventory.PCILink) -> String? {
        let width = pair(link.widthLanes, link.widthLanesMax) { "x\($0)" }
        let speed = pair(link.speedMegatransfersPerSecond, link.speedMegatransfersPerSecondMax) {
            "\($0 / 1000).\($0 % 1000 / 100)"
        }
        let words = [width, speed.map { "\($0) GT/s" }].compactMap(\.self)
        return words.isEmpty ? nil : words.joined(separator: " at ")
    }

    private static func pair(_ now: Int?, _ most: Int?, _ write: (Int) -> String) -> String? {
        guard let now else { return most.map { "up to \(write($0))" } }
        guard let most, most != now else { return write(now) }
        return "\(write(now)) of \(write(most))"
    }

    private static func limits(_ inventory: Inventory) -> TreeNode? {
        guard let limits = inventory.agentLimits else { return nil }
        let lines = [
            limits.layout.map { "cgroup layout \($0.rawValue)" },
            limits.cpuMillicoresMax.map {
                "cpu quota \(NumberText.count("\($0 / 1000).\(threeDigits($0 % 1000))", "core"))"
            },
            limits.memoryBytesMax.map { "memory at most \(bytes($0))" },
            limits.swapBytesMax.map { "swap at most \(bytes($0))" },
            limits.pidsMax.map { "at most \(NumberText.count($0, "process"))" },
            inventory.allowedPUs.map { "runs on PUs \($0)" },
        ].compactMap(\.self)
        return section("Limits of the agent", lines.map { TreeNode($0) })
    }

    private static func contradictions(_ inventory: Inventory) -> TreeNode? {
        section(
            "Contradictions",
            inventory.contradictions.map { found in
                let claims = found.claims.map { claim in
                    let size = found.fact.isBytes ? UInt64(claim.value, radix: 10).map(bytes) : nil
                    let value = size ?? claim.value
                    return TreeNode("\(claim.source): \(value)\(claim.source == found.trusted ? " (used)" : "")")
                }
                return TreeNode(found.fact.rawValue, claims + [TreeNode(found.explanation)], style: .warning)
            })
    }

    private static func problems(_ inventory: Inventory) -> TreeNode? {
        section("Problems", inventory.problems.map { TreeNode("\($0.source): \($0.reason)", style: .warning) })
    }

    static func section(_ title: String, _ children: [TreeNode]) -> TreeNode? {
        children.isEmpty ? nil : TreeNode(title, children, style: .bold)
    }
}

extension Inventory.Contradiction.Fact {
    fileprivate var isBytes: Bool { self == .memoryBytes || self == .lastLevelCacheBytes }
}
