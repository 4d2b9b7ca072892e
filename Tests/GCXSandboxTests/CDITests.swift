import GCXJobLog
import GCXLinux
import GCXModel
import Glibc
import Testing

@testable import GCXSandbox

/// A directory with a description of two harmless devices.
private func describe(_ directory: String, second: String = "/dev/zero") throws {
    try Files.makeDirectories(directory, mode: 0o755)
    let text = """
        {"cdiVersion": "0.6.0", "kind": "example.com/toy",
         "containerEdits": {"env": ["TOYS=yes"], "mounts": [{"hostPath": "\(directory)", "containerPath": "/opt/toys"}]},
         "devices": [
          {"name": "0", "containerEdits": {"deviceNodes": [
            {"path": "/dev/toy0", "hostPath": "/dev/full", "permissions": "rw", "fileMode": 384}]}},
          {"name": "1", "containerEdits": {"env": ["TOY=1"], "deviceNodes": [{"path": "/dev/toy1", "hostPath": "\(second)"}]}}]}
        """
    try DurableFile.write(text.utf8, to: "\(directory)/toy.json", mode: 0o644)
}

extension RealJobs {
    @Suite("Devices that are handed to a job")
    struct Devices {
        @Test(
            "the job has the device it was given, with its files and variables, and no other",
            arguments: Machine.runtimes)
        func given(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            try describe("\(sandbox.root)/cdi")
            let driver = try sandbox.driver(devices: CDIRegistry(directories: ["\(sandbox.root)/cdi"]))
            let script = """
                echo $TOYS $TOY; ls /opt/toys; ls -ln /dev/toy0 | cut -c 1-10; echo x > /dev/toy0; ls /dev/toy1
                """
            let job = try driver.start(sandbox.spec(script) { $0.devices = ["example.com/toy=0"] })
            let ended = try sandbox.end(of: job)
            #expect(ended.text() == "yes\ntoy.json\ncrw-------\n")
            // /dev/full answers every write so: it is that device, and it is the job's own.
            #expect(ended.text(.error).contains("No space left on device"))
            #expect(ended.text(.error).contains("/dev/toy1: No such file"))
            let without = try sandbox.run("ls /dev/toy0 /opt/toys; env")
            #expect(without.text(.error).components("No such file") == 2 && !without.text().contains("TOYS"))
        }

        @Test("a device that nobody describes, or that is not there, starts no job and leaves nothing")
        func missing() throws {
            let sandbox = try Sandbox()
            try describe("\(sandbox.root)/cdi", second: "/dev/no-such-device")
            let driver = try sandbox.driver(devices: CDIRegistry(directories: ["\(sandbox.root)/cdi"]))
            let before = try Traces.now()
            for (name, word) in [
                ("example.com/toy=1", "is no device node"), ("example.com/toy=7", "no file in"), ("toy", "no file in"),
            ] {
                let error = #expect(throws: SandboxError.self) {
                    try driver.start(sandbox.spec("true") { $0.devices = [name] })
                }
                #expect(error?.description.contains(word) ?? false)
            }
            #expect(try Traces.now() == before && driver.jobs().isEmpty)
        }
    }
}

@Suite("Descriptions of devices")
struct CDITests {
    @Test("what two devices want together is there once, and later directories win")
    func merged() throws {
        let root = try ChildProcess("mktemp", ["-d", "/tmp/gcx-cdi-XXXXXX"]).run().split(separator: "\n").joined()
        defer { try? Files.removeTree(root) }
        try describe("\(root)/first", second: "/dev/null")
        try describe("\(root)/second", second: "/dev/zero")
        let registry = CDIRegistry(directories: ["\(root)/first", "\(root)/second", "\(root)/none"])
        let edits = try registry.edits(for: ["example.com/toy=0", "example.com/toy=1"])
        #expect(edits.env == ["TOYS=yes", "TOY=1"])
        #expect(edits.deviceNodes?.map(\.hostPath) == ["/dev/full", "/dev/zero"])
        #expect(edits.mounts?.map(\.hostPath) == ["\(root)/second"])
        try DurableFile.write("kind: x\n".utf8, to: "\(root)/first/other.yaml", mode: 0o644)
        #expect(throws: SandboxError.self) { try registry.edits(for: ["example.com/toy=0"]) }
    }
}
