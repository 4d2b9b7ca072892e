import GCXModel
import Glibc
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    /// Jobs whose code is hostile. Each says what it tried and what stopped it; afterwards nothing outside has changed.
    @Suite("A hostile job")
    struct Hostile {
        /// Perl is on every Debian, and makes any call by its number.
        private static let perl = "/usr/bin/perl"
        static let hasPerl = Files.exists(perl)

        /// What a job could change of a machine besides leaving ``Traces``: compared before and after.
        private struct Machine: Equatable {
            let name: String
            let corePattern: String?

            static func now() throws -> Machine {
                Machine(
                    name: try Files.text("/proc/sys/kernel/hostname"),
                    corePattern: Files.lineIfPresent("/proc/sys/kernel/core_pattern"))
            }
        }

        /// Runs every attack as a job of its own, with an input, little memory and a small disk.
        private func run(_ attacks: [Attack]) throws {
            let (before, traces) = (try Machine.now(), try Traces.now())
            do {
                let sandbox = try Sandbox()
                try Self.addPerl(to: "\(sandbox.root)/rootfs")
                try Files.makeDirectory("\(sandbox.root)/input")
                try DurableFile.write("data\n".utf8, to: "\(sandbox.root)/input/data")
                try DurableFile.write("secret\n".utf8, to: "\(sandbox.root)/CANARY")
                for attack in attacks {
                    let began = BootClock.now()
                    let ended = try sandbox.run(attack.script) {
                        $0.inputDirectory = "\(sandbox.root)/input"
                        $0.wallSecondsMax = 30
                    }
                    let said = ended.text() + ended.text(.error)
                    #expect(
                        said.contains(attack.evidence), "\(attack.tries): not stopped by \(attack.stoppedBy): \(said)")
                    #expect(!said.contains("ESCAPED"), "\(attack.tries): got through")
                    #expect(!said.contains("secret"), "\(attack.tries): read what is not its own")
                    #expect(
                        ended.exit.reason != .timeLimit, "\(attack.tries): \((BootClock.now() - began) / 1_000_000) ms")
                    #expect((ended.exit.outputBytes ?? 0) < 64 << 20, "\(attack.tries): a large output")
                    try sandbox.driver.release(ended.job)
                    try sandbox.driver.wipe(ended.job)
                }
                #expect(try Files.text("\(sandbox.root)/input/data") == "data\n")
            }
            #expect(try Traces.settle(to: traces))
            #expect(try Machine.now() == before)
        }

        /// The interpreter and what it loads, from this machine.
        private static func addPerl(to rootfs: String) throws {
            let libraries = try ChildProcess("ldd", [perl]).run().split(whereSeparator: \.isWhitespace)
            for path in [perl[...]] + libraries.filter({ $0.hasPrefix("/") }) {
                let folder = path.split(separator: "/").dropLast().joined(separator: "/")
                try Files.makeDirectories("\(rootfs)/\(folder)", mode: 0o755)
                try ChildProcess("cp", ["--dereference", String(path), "\(rootfs)\(path)"]).run()
            }
            symlink(perl, "\(rootfs)/bin/perl")
        }

        #if arch(x86_64)
            @Test(
                "no call of the kernel that administers a machine answers it",
                .enabled(if: hasPerl, "needs perl"))
            func calls() throws { try run(HostileCalls.all) }
        #endif

        @Test("it changes no file of the kernel and finds no device", .enabled(if: hasPerl, "needs perl"))
        func kernelFiles() throws { try run(HostileTools.kernelFiles) }

        @Test("it reads and writes what is its own", .enabled(if: hasPerl, "needs perl"))
        func files() throws { try run(HostileTools.files) }

        @Test("it harms its own processes only", .enabled(if: hasPerl, "needs perl"))
        func processes() throws { try run(HostileTools.processes) }

        @Test("it reaches nobody", .enabled(if: hasPerl, "needs perl"))
        func network() throws {
            let listener = try TCPListener(host: "127.0.0.1", port: 0)
            defer { _ = listener.endpoint }
            let port = try #require(listener.endpoint.split(separator: ":").last.flatMap { UInt16($0) })
            try run(HostileTools.network(listening: port))
        }
    }
}
