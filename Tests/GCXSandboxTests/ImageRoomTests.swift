import GCXModel
import Glibc
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    @Suite("Room for images", .enabled(if: Machine.unpacksImages, "needs umoci"))
    struct ImageRoom {
        /// A layout with several images of the same layers, under these tags.
        private func layout(_ tags: [String], in sandbox: Sandbox) throws -> [String: ImageSource] {
            let layout = try sandbox.makeLayout()
            return try Dictionary(
                uniqueKeysWithValues: tags.map { tag in
                    try ChildProcess(
                        "umoci", ["config", "--image", "\(layout):test", "--tag", tag, "--config.env", "TAG=\(tag)"]
                    ).run()
                    return (tag, ImageSource.ociLayout(path: layout, tag: tag))
                })
        }

        /// A store with room for so many images of the layout.
        private func store(_ count: Double, in sandbox: Sandbox, _ source: ImageSource?) throws -> ImageStore {
            let measure = try ImageStore(root: "\(sandbox.root)/measure") { [] }
            let first = try #require(source)
            let digest = try #require(try measure.resolve(first).digest)
            let bytes = try #require(ImageRecord.read(in: measure.path(of: digest))?.bytes)
            let seen = try ChildProcess("du", ["-sx", "--block-size=1", "\(measure.path(of: digest))/rootfs"]).run()
            #expect("\(bytes)" == seen.prefix { $0.isNumber })
            var settings = ImageSettings()
            settings.storeBytesMax = UInt64(Double(bytes) * count)
            let jobs = sandbox.driver.jobsPath
            return try ImageStore(root: "\(sandbox.root)/store", settings: settings) {
                OCIRuntimeDriver.imagesInUse(by: jobs)
            }
        }

        /// Makes an image look as if it was last used so many seconds ago.
        private func age(_ digest: String?, _ seconds: Int, in store: ImageStore) throws {
            let now = Int(WallClock.now() / 1_000_000_000)
            var times = [timespec](repeating: timespec(tv_sec: now - seconds, tv_nsec: 0), count: 2)
            let digest = try #require(digest)
            let path = "\(store.path(of: digest))/\(ImageRecord.name)"
            #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
        }

        @Test("when another image needs the room, the one used least recently goes")
        func leastRecent() throws {
            let sandbox = try Sandbox()
            let sources = try layout(["a", "b", "c", "d"], in: sandbox)
            let store = try store(3.5, in: sandbox, sources["a"])
            var digests: [String: String] = [:]
            for (tag, seconds) in [("a", 30), ("b", 20), ("c", 10)] {
                digests[tag] = try store.resolve(try #require(sources[tag])).digest
                try age(digests[tag], seconds, in: store)
            }
            // A use makes it the last to go.
            _ = try store.resolve(try #require(sources["a"]))
            digests["d"] = try store.resolve(try #require(sources["d"])).digest
            #expect(try Set(store.digests()) == Set(["a", "c", "d"].compactMap { digests[$0] }))
            try store.makeRoom()
            #expect(try store.digests().count == 3)
            try store.makeRoom(for: UInt64(Double(store.settings.storeBytesMax) / 2))
            #expect(try Set(store.digests()) == Set(["d"].compactMap { digests[$0] }), "c, then a")
        }

        @Test("an image that a job runs on, or is about to, stays; what does not fit beside it is refused")
        func inUse() throws {
            let sandbox = try Sandbox()
            let sources = try layout(["a", "b"], in: sandbox)
            let (first, second) = (try #require(sources["a"]), try #require(sources["b"]))
            let probe = try store(1.5, in: sandbox, first)
            let driver = try OCIRuntimeDriver(
                state: "\(sandbox.root)/small", supervisorPath: Machine.supervisor, images: probe.settings)
            let job = try driver.start(
                sandbox.spec("cat") {
                    $0.image = first
                    $0.command = ["/bin/sleep", "60"]
                })
            let full = ImageError.self
            let error = #expect(throws: full) { try driver.images.resolve(second) }
            if case .storeFull? = error {
            } else {
                Issue.record("refused for another reason: \(String(describing: error))")
            }
            let planned = try job.readPlan().imageDigest
            #expect(try driver.images.leftovers() == [planned].compactMap(\.self))
            try driver.stop(job, StopRequest(reason: .cancelled(by: .agent), graceMilliseconds: 0))
            _ = try driver.wait(job, timeout: .seconds(30))
            do {
                let held = try driver.images.hold(first)
                #expect(throws: full) { try driver.images.resolve(second) }
                let digest = held.entry.digest
                #expect(digest != nil)
            }
            let digest = try driver.images.resolve(second).digest
            #expect(try driver.images.leftovers() == [digest].compactMap(\.self))
            try driver.release(job)
            try driver.wipe(job)
        }

        @Test("an image larger than the whole store is refused, and nothing is given up for it")
        func neverFits() throws {
            let sandbox = try Sandbox()
            let sources = try layout(["a"], in: sandbox)
            let small = try store(0.5, in: sandbox, sources["a"])
            let source = try #require(sources["a"])
            let error = #expect(throws: ImageError.self) { try small.resolve(source) }
            guard case .tooLarge(_, "its size when unpacked", small.settings.storeBytesMax)? = error else {
                Issue.record("refused for another reason: \(String(describing: error))")
                return
            }
            #expect(try small.leftovers().isEmpty)
        }

        @Test("what a crash left half done goes, and what is whole stays")
        func crash() throws {
            let sandbox = try Sandbox()
            let layout = try sandbox.makeLayout()
            let store = sandbox.driver.images
            let digest = try #require(try store.resolve(.ociLayout(path: layout, tag: "test")).digest)
            let (fresh, old) = (String(repeating: "1", count: 64), String(repeating: "2", count: 64))
            for name in [".unpack-abcdef/unpacked/rootfs", ".partial/\(fresh)/blobs", ".partial/\(old)/blobs"] {
                try Files.makeDirectories("\(store.root)/\(name)")
            }
            let long = Int(WallClock.now() / 1_000_000_000 - SandboxLimits.partialKeepSeconds) - 5
            var times = [timespec](repeating: timespec(tv_sec: long, tv_nsec: 0), count: 2)
            utimensat(AT_FDCWD, "\(store.partials)/\(old)", &times, 0)
            try sandbox.driver.pruneImages()
            #expect(try store.leftovers().sorted() == [digest, fresh].sorted())
        }

        @Test("an image that was half removed is unpacked anew")
        func halfRemoved() throws {
            let sandbox = try Sandbox()
            let layout = try sandbox.makeLayout()
            let store = sandbox.driver.images
            let source = ImageSource.ociLayout(path: layout, tag: "test")
            let entry = try store.resolve(source)
            let digest = try #require(entry.digest)
            try Files.remove("\(store.path(of: digest))/\(ImageRecord.name)")
            try Files.remove("\(entry.rootfs)/bin/busybox")
            #expect(try store.resolve(source) == entry)
            #expect(Files.exists("\(entry.rootfs)/bin/busybox"))
        }
    }
}
