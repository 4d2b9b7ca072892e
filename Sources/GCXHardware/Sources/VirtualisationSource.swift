package import GCXModel

/// Whether a hypervisor or a container stands below us, with everything that says so.
///
/// Source: `/proc/cpuinfo` flags, `/sys/class/dmi/id`, `/sys/hypervisor`, the device tree, the clock sources, PCI ids.
package enum VirtualisationSource {
    private typealias Evidence = Inventory.Virtualisation.Evidence

    package static func read(
        _ root: SystemRoot, processor: Inventory.Processor?, pciDevices: [Inventory.PCIDevice]
    ) -> Inventory.Virtualisation {
        let evidence =
            [
                processor.flatMap(flag), root.word("sys/hypervisor/type").map { say("/sys/hypervisor/type", $0) },
                root.word("proc/device-tree/hypervisor/compatible").map { say("device tree", $0) },
                clockSource(root), paravirtualDevices(pciDevices),
            ].compactMap(\.self) + firmware(root)  // bounded: joins lists
        return Inventory.Virtualisation(
            hypervisor: hypervisor(evidence), container: container(root), evidence: evidence)
    }

    private static func say(_ source: String, _ value: String) -> Evidence {
        Evidence(source: source, value: value, saysVirtual: true)
    }

    /// CPUID leaf 1 bit 31, which only x86 has: without it the processor claims to be bare.
    private static func flag(_ processor: Inventory.Processor) -> Evidence? {
        guard processor.flags.contains("fpu"), processor.vendor != nil else { return nil }
        let present = processor.flags.contains("hypervisor")
        return Evidence(
            source: "cpuinfo flag hypervisor", value: present ? "present" : "absent", saysVirtual: present)
    }

    private static func clockSource(_ root: SystemRoot) -> Evidence? {
        let folder = "sys/devices/system/clocksource/clocksource0"
        let sources = root.word("\(folder)/available_clocksource")?.split(separator: " ").map(String.init) ?? []
        let telling = sources.first { ["kvm-clock", "hyperv_clocksource_tsc_page", "xen"].contains($0) }
        return telling.map { say("clock source", $0) }
    }

    private static func paravirtualDevices(_ devices: [Inventory.PCIDevice]) -> Evidence? {
        let names: [UInt16: String] = [0x1AF4: "virtio", 0x15AD: "vmware", 0x1414: "hyperv", 0x5853: "xen"]
        // A passed-through or paravirtual network function of a cloud (1d0f, Amazon) is found on its bare machines too.
        // bounded: a dictionary
        return devices.lazy.compactMap { names[$0.vendorID.value] }.first.map { say("PCI devices", $0) }
    }

    private static func firmware(_ root: SystemRoot) -> [Evidence] {
        ["sys_vendor", "product_name"].compactMap { name in
            root.word("sys/class/dmi/id/\(name)").map { value in
                Evidence(source: "DMI \(name)", value: value, saysVirtual: kind(named: value) != nil)
            }
        }.filter { evidence in evidence.saysVirtual || evidence.source == "DMI sys_vendor" }
    }

    /// The most specific name among the evidence that speaks for one.
    private static func hypervisor(_ evidence: [Evidence]) -> String? {
        let speaking = evidence.filter(\.saysVirtual)
        guard !speaking.isEmpty else { return nil }
        return speaking.lazy.compactMap { kind(named: $0.value) }.first ?? "unknown"
    }

    /// What a vendor string, a clock or a device name stands for; nil for a maker of real machines.
    package static func kind(named value: String) -> String? {
        let known: [(String, String)] = [
            ("firecracker", "firecracker"), ("vmware", "vmware"), ("virtualbox", "virtualbox"),
            ("innotek", "virtualbox"),
            ("xen", "xen"), ("hyperv", "hyperv"), ("virtual machine", "hyperv"), ("parallels", "parallels"),
            ("bhyve", "bhyve"), ("google compute engine", "google"), ("openstack", "openstack"), ("qemu", "qemu"),
            ("bochs", "qemu"), ("kvm", "kvm"), ("virtio", "kvm"),
        ]
        let lowered = value.lowercased()
        return known.first { lowered.contains($0.0) }?.1
    }

    private static func container(_ root: SystemRoot) -> String? {
        if let named = root.word("run/systemd/container") { return named }
        if root.exists(".dockerenv") { return "docker" }
        return root.exists("run/.containerenv") ? "podman" : nil
    }
}
