import ArgumentParser
import GCXHardware
import GCXModel
import Glibc

/// `gcx probe`: what this machine is made of.
struct Probe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Show what this machine is made of: processors, caches, memory, every PCI device, disks, networks, limits.",
        discussion: "Sources that disagree are listed under contradictions; nothing is dropped because it is unknown.")

    @Option(help: "Read an hwloc XML export (`lstopo --of xml`) in place of this machine.")
    var hwlocXML: String?

    @Option(help: "Read a machine folder (sys, proc, topology.xml) in place of this machine.")
    var machine: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let subject: HardwareProbe.Subject =
            hwlocXML.map { .hwlocXML($0) } ?? machine.map { .machineFolder($0) } ?? .thisMachine
        let inventory = try await HardwareProbe.located().inventory(of: subject)
        if output.json { return try Terminal.json(inventory) }
        Terminal.write(
            InventoryTree.styled(inventory, width: Terminal.width), to: STDOUT_FILENO)
    }
}
