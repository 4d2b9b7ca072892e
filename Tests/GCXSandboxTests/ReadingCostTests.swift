import GCXModel
import Glibc
import Support
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    /// What was sent for a job is read within its limits and on its bill.
    @Suite("Reading an image counts to the job", .enabled(if: Machine.unpacksImages, "needs umoci"))
    struct ReadingCost {
        /// An image of some hundred kilobytes, a layer of which is 256 MiB of zeros.
        private func source(_ sandbox: Sandbox) throws -> ImageSource {
            let layout = try sandbox.makeLayout()
            let (zeros, tar) = ("\(sandbox.root)/zeros", "\(sandbox.root)/zeros.tar")
            try ChildProcess("truncate", ["-s", "256M", zeros]).run()
            try ChildProcess("tar", ["-cf", tar, "-C", sandbox.root, "zeros"], timeout: .seconds(120)).run()
            try ChildProcess(
                "umoci", ["raw", "add-layer", "--image", "\(layout):test", tar], timeout: .seconds(300)
            ).run()
            for file in [tar, zeros] { try Files.remove(file) }
            return .ociLayout(path: layout, tag: "test")
        }

        @Test(
            "the CPU time of hashing and unpacking is in the job's meter, and the next job of the image pays none of it"
        )
        func meter() throws {
            let before = try Traces.now()
            let sandbox = try Sandbox()
            let source = try source(sandbox)
            var spent: [(reading: UInt64, all: UInt64)] = []
            for _ in 0..<2 {
                let job = try sandbox.run("true") { $0.image = source }.job
                let place = try job.readPlan().place
                let reading = try #require(place.cgroup.readerUsage().cpuNanoseconds)
                spent.append((reading, try sandbox.driver.sample(job).cpuNanoseconds))
                try sandbox.driver.wipe(job)
            }
            // 256 MiB are unpacked in a few tenths of a second.
            #expect(spent[0].reading > 100_000_000, "\(spent)")
            #expect(spent[0].all >= spent[0].reading, "\(spent)")
            #expect(spent[1].reading < spent[0].reading / 2, "\(spent)")
            #expect(try Traces.settle(to: before))
        }

        @Test("the group is there before the job is, and goes with the wipe together with whoever still reads")
        func early() throws {
            let before = try Traces.now()
            let sandbox = try Sandbox()
            let spec = sandbox.spec("true")
            let job = JobDirectory(jobs: sandbox.driver.jobsPath, id: spec.id)
            let place = try #require(try sandbox.driver.readers(for: job, within: spec.resources))
            let join = place.cgroup.readerFiles.map { "echo 0 > '\($0)'; " }.joined()
            let pid = try ChildProcess("/bin/sh", ["-c", "\(join)exec sleep 100"]).spawnDetached()
            for _ in 0..<400 where try !place.cgroup.helpers().contains(pid) { GCXLinux.pause(for: .milliseconds(5)) }
            // Asked again, it is the same group.
            #expect(try sandbox.driver.readers(for: job, within: spec.resources) == place)
            #expect(try place.cgroup.helpers() == [pid])
            #expect(try sandbox.driver.wipe(job).ended == 1)
            #expect(!place.cgroup.exists)
            #expect(try Traces.settle(to: before))
        }

        @Test("an image that cannot be read leaves no group behind")
        func failure() throws {
            let before = try Traces.now()
            let sandbox = try Sandbox()
            #expect(throws: SandboxError.self) {
                try sandbox.driver.start(
                    sandbox.spec("true") { $0.image = .ociLayout(path: "\(sandbox.root)/rootfs", tag: nil) })
            }
            #expect(try Traces.settle(to: before))
        }

        @Test(
            "a reader that wants more memory than the lease has is ended, and the error says so",
            .enabled(if: ChildProcess.find("zstd") != nil, "needs zstd"))
        func memory() throws {
            let sandbox = try Sandbox()
            let spec = sandbox.spec("true")
            let job = JobDirectory(jobs: sandbox.driver.jobsPath, id: spec.id)
            let place = try sandbox.driver.readers(for: job, within: spec.resources)
            defer { _ = try? sandbox.driver.wipe(job) }
            // Its reader keeps the last 128 MiB of what comes out.
            let archive = "\(sandbox.root)/long.tar.zst"
            try ChildProcess("truncate", ["-s", "300M", "\(sandbox.root)/zeros"]).run()
            try ChildProcess(
                "sh", ["-c", "tar -cf - -C '\(sandbox.root)' zeros | zstd -1 --long=27 -q -o '\(archive)'"],
                timeout: .seconds(120)
            ).run()
            let reader = try Unpacker.located(beside: Machine.supervisor)
            #expect(try reader.inspect(file: archive, rules: .input, limits: .upload).bytes == 300 << 20)
            #expect(
                throws: ImageError.tooLarge(
                    path: archive, what: "the memory it takes to read, in bytes,", limit: 64 << 20)
            ) {
                try reader.inspect(file: archive, rules: .input, limits: .upload, run: Unpacker.Run(place: place))
            }
        }
    }
}
