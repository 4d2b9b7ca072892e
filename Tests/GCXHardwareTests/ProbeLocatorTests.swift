import FoundationEssentials
import GCXHardware
import Testing

struct ProbeLocatorTests {
    @Test("the probe is found beside the program, then in libexec")
    func places() throws {
        let folder = try TemporaryFolder()
        let manager = FileManager.default
        for part in ["bin", "libexec/gcx"] {
            try manager.createDirectory(atPath: "\(folder.path)/\(part)", withIntermediateDirectories: true)
        }
        let script = try folder.script("exit 0")
        let program = "\(folder.path)/bin/gcx"
        #expect(throws: ProbeError.self) { try ProbeLocator.locate(override: nil, program: program) }
        try manager.copyItem(atPath: script, toPath: "\(folder.path)/libexec/gcx/gcx-probe")
        #expect(try ProbeLocator.locate(override: nil, program: program).hasSuffix("/../libexec/gcx/gcx-probe"))
        try manager.copyItem(atPath: script, toPath: "\(folder.path)/bin/gcx-probe")
        #expect(try ProbeLocator.locate(override: nil, program: program) == "\(folder.path)/bin/gcx-probe")
    }

    @Test("a place named in the environment is the only one, so that a typing error shows")
    func override() {
        #expect(throws: ProbeError.notFound(searched: ["/nowhere/gcx-probe"])) {
            try ProbeLocator.locate(override: "/nowhere/gcx-probe", program: "/bin/sh")
        }
    }
}
