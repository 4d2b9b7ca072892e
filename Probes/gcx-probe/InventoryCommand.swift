import FoundationEssentials
import GCXHardware
import GCXJSON
import GCXModel

/// `gcx-probe inventory`: writes the inventory of this machine, of an export, or of an hwloc XML file.
enum InventoryCommand {
    static let usage = """
        usage: gcx-probe [inventory] [--root FOLDER | --hwloc-xml FILE] [--pretty]
          --root FOLDER     read /sys and /proc of another machine: a folder with tree.txt (or sys and proc) and topology.xml
          --hwloc-xml FILE  read an export of `lstopo --of xml` in place of this machine
          --pretty          break and indent the JSON for people

        """
    /// sysexits.h: the command was used wrongly.
    static let exitUsage: Int32 = 64
    static let exitFailure: Int32 = 1

    /// Exit status 0 with the document on standard output; else the reason on standard error.
    static func run(arguments: [String]) -> Int32 {
        guard let options = parse(arguments) else {
            Output.complain(usage)
            return exitUsage
        }
        do {
            let inventory = try InventoryCollector.collect(options.subject)
            return write(inventory, pretty: options.pretty)
        } catch {
            Output.complain("\(error.description)\n")
            return exitFailure
        }
    }

    struct Options {
        var subject = HardwareProbe.Subject.thisMachine
        var pretty = false
    }

    private static func parse(_ arguments: [String]) -> Options? {
        var options = Options()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--pretty": options.pretty = true
            case "--root", "--hwloc-xml":
                guard let path = rest.popFirst(), options.subject == .thisMachine else { return nil }
                options.subject = argument == "--root" ? .machineFolder(path) : .hwlocXML(path)
            default: return nil
            }
        }
        return options
    }

    private static func write(_ inventory: Inventory, pretty: Bool) -> Int32 {
        let written = try? pretty ? CanonicalJSON.readable(inventory) : CanonicalJSON.bytes(inventory)
        guard let data = written else {
            Output.complain("the inventory cannot be written as JSON\n")
            return exitFailure
        }
        return Output.document(data + [UInt8(ascii: "\n")]) ? 0 : exitFailure
    }
}
