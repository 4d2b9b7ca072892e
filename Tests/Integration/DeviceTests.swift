import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Testing

extension WholeLeases {
    /// A GPU is sold like this toy: by its CDI description.
    @Suite("A device for sale")
    struct DeviceTests {
        @Test("it is offered, handed to one lease alone, billed for its time, and free again after it")
        func sold() throws {
            let file = "/var/run/cdi/gcx-test-\(getpid()).json"
            let kind = "example.com/gcx-test-\(getpid())"
            try Files.makeDirectories("/var/run/cdi", mode: 0o755)
            defer { unlink(file) }
            let text = """
                {"cdiVersion": "0.6.0", "kind": "\(kind)", "devices": [{"name": "0", "containerEdits":
                  {"deviceNodes": [{"path": "/dev/toy", "hostPath": "/dev/full", "fileMode": 438}]}}]}
                """
            try DurableFile.write(text.utf8, to: file, mode: 0o644)
            let site = try Site([
                "job.gpus": "[\"\(kind)=0\", \"example.com/none=0\"]", "price.gpu_hour_base_units": "3600000",
            ])
            try site.open()
            let lease = try site.lease(gpus: "1")
            // The second that the owner named is not there, so there is no other to be had, and the owner can see why.
            #expect(throws: LinuxError.self) { try site.lease(gpus: "1") }
            #expect(try site.gcx("agent", "status").contains("device `example.com/none=0`"))
            let outcome = try site.outcome(site.running("echo x > /dev/toy; sleep 1; exit 0", on: lease))
            #expect(outcome.errorLine.contains("No space left on device"))
            let usage = try #require(try site.receipts(lease).last).usage
            #expect(usage.gpuNanoseconds == usage.leaseNanoseconds && usage.gpuNanoseconds > 900_000_000)
            try site.wait("the lease's end", seconds: 20) { try site.inspect(lease).phase == .closed }
            #expect(try site.report(lease).placement?.devices == ["\(kind)=0"])
            _ = try site.lease(gpus: "1")
        }
    }
}
