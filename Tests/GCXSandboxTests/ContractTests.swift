import GCXJobLog
import GCXModel
import Glibc
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    /// What an image's configuration says holds in a job, and a program that cannot be run has one kind of end.
    @Suite("An image's configuration is a contract")
    struct Contract {
        /// An image of busybox with this configuration.
        private func image(_ config: [String: Any], in sandbox: Sandbox) throws -> ImageMaker {
            try DurableFile.write(
                "root:x:0:\nweb:x:1234:\nextra:x:555:web,other\nmore:x:556:other,web\n".utf8,
                to: "\(sandbox.root)/rootfs/etc/group", mode: 0o644)
            try DurableFile.write(
                "root:x:0:0:root:/:/bin/sh\nweb:x:1234:1000:web:/:/bin/sh\n".utf8,
                to: "\(sandbox.root)/rootfs/etc/passwd", mode: 0o644)
            let maker = try ImageMaker(layers: [try HandmadeLayout.base(of: sandbox)])
            maker.config["config"] = config
            return try maker.write()
        }

        @Test("the user has the groups of the image's tables, and those of the user alone", arguments: Machine.runtimes)
        func groups(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            // `web` is the name of a group as well, which is not the user's.
            for (user, line) in [
                ("web", "1234 1000 555 556 1000"), ("1234", "1234 1000 555 556 1000"), ("web:extra", "1234 555 555"),
                ("web:7", "1234 7 7"), ("", "0 0 0"), ("77", "77 0 0"),
            ] {
                let image = try image(["User": user], in: sandbox)
                let ended = try sandbox.run("set -- $(grep -E '^(Uid|Gid|Groups):' /proc/self/status); shift; echo $*")
                {
                    $0.image = image.source()
                }
                let words = ended.text().split(whereSeparator: \.isWhitespace)
                let numbers = [words.first, words.dropFirst(5).first].compactMap { $0 } + words.dropFirst(10)
                #expect(numbers.joined(separator: " ") == line, "\(user): \(ended.text())\(ended.text(.error))")
            }
        }

        @Test("the image's signal asks a job to end", arguments: Machine.runtimes)
        func stopSignal(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            for (signal, name) in [("SIGINT", "INT"), ("10", "USR1"), ("", "TERM")] {
                let image = try image(["StopSignal": signal], in: sandbox)
                let script =
                    "for s in INT TERM USR1; do trap \"echo got $s; exit 9\" $s; done; echo up; while :; do sleep 0.05; done"
                let job = try sandbox.driver.start(sandbox.spec(script) { $0.image = image.source() })
                try sandbox.waitForOutput(of: job)
                try sandbox.driver.stop(job, StopRequest(reason: .cancelled(by: .buyer), graceMilliseconds: 20_000))
                let ended = try sandbox.end(of: job)
                #expect(ended.text() == "up\ngot \(name)\n" && ended.exit.statusCode == 9)
                #expect(ended.exit.reason == .cancelled(by: .buyer))
            }
        }

        @Test("a working directory that the image does not have is made", arguments: Machine.runtimes)
        func workingDirectory(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let image = try image(["WorkingDir": "/not/there", "User": "web"], in: sandbox)
            let ended = try sandbox.run("pwd") { $0.image = image.source() }
            #expect(ended.text() == "/not/there\n", "\(ended.exit.reason) \(ended.text(.sandbox))")
        }

        @Test("an image of an older gcx's store runs by all of its configuration")
        func olderRecord() throws {
            let sandbox = try Sandbox()
            let image = try image(["StopSignal": "SIGINT"], in: sandbox)
            let digest = try #require(try sandbox.driver.images.resolve(image.source()).digest)
            let path = "\(sandbox.driver.images.path(of: digest))/\(ImageRecord.name)"
            let old = #"{"bytes": 1, "config": {}, "names": ["\#(digest)"]}"#
            try DurableFile.write(old.utf8, to: path)
            let isFound = try sandbox.driver.images.find(digest) != nil
            #expect(!isFound, "its configuration is asked again")
            #expect(try sandbox.driver.images.resolve(image.source()).config.stopSignal == "SIGINT")
            guard let held = try sandbox.driver.images.find(digest) else {
                Issue.record("it is not there any more")
                return
            }
            let signal = held.entry.config.stopSignal
            #expect(signal == "SIGINT")
        }

        @Test(
            "a program that cannot be run ends as everywhere, and nothing of the runtime's stands in the log",
            arguments: Machine.runtimes)
        func programs(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let rootfs = "\(sandbox.root)/rootfs"
            for (name, mode, content) in BadPrograms.files where name.hasPrefix("bin/") {
                try DurableFile.write(content, to: "\(rootfs)/\(name)")
                chmod("\(rootfs)/\(name)", mode == "0000755" ? 0o755 : 0o700)
            }
            try DurableFile.write("text\n".utf8, to: "\(rootfs)/etc/plain", mode: 0o644)
            for (name, status, words) in BadPrograms.cases where status != 0 && !["/loop", "/dangling"].contains(name) {
                let ended = try sandbox.run(
                    sandbox.spec("") {
                        $0.command = [name]
                        $0.environment["PATH"] = "/bin:/etc"
                    })
                #expect(ended.exit.reason == .exited(code: status), "\(name): \(ended.exit.reason)")
                #expect(ended.text() + ended.text(.error) == "", "\(name): \(ended.text(.error))")
                #expect(ended.text(.sandbox).contains(words), "\(name): \(ended.text(.sandbox))")
            }
            let right = try sandbox.run(sandbox.spec("") { $0.command = ["/bin/true"] })
            #expect(right.exit.reason == .exited(code: 0))
        }

        @Test("a program of the input is looked at where it lies", arguments: Machine.runtimes)
        func input(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let input = "\(sandbox.root)/input"
            try Files.makeDirectories(input, mode: 0o755)
            for (name, text, mode) in [
                ("run.sh", "#!/bin/sh\necho ran\n", 0o755), ("crlf.sh", "#!/bin/sh\r\necho ran\r\n", 0o755),
                ("plain.sh", "#!/bin/sh\n", 0o644), ("nosb", "echo ran\n", 0o755),
            ] as [(String, String, mode_t)] {
                try DurableFile.write(text.utf8, to: "\(input)/\(name)", mode: mode)
                chmod("\(input)/\(name)", mode)
            }
            for (name, status) in [("run.sh", 0), ("crlf.sh", 127), ("plain.sh", 126), ("nosb", 126), ("none", 127)]
                as [(String, Int32)]
            {
                let ended = try sandbox.run(
                    sandbox.spec("") {
                        $0.command = ["/input/\(name)"]
                        $0.inputDirectory = input
                    })
                #expect(
                    ended.exit.reason == .exited(code: status), "\(name): \(ended.exit.reason) \(ended.text(.sandbox))")
                #expect(ended.text() + ended.text(.error) == (status == 0 ? "ran\n" : ""), "\(name)")
            }
        }

        @Test(
            "what is seen only at the start has the same ends, and the runtime's words are said as ours",
            arguments: Machine.runtimes)
        func seenLate(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            // Nothing is said of a program below /tmp before the job runs.
            for (name, status) in [("/tmp/none", 127), ("/tmp", 126)] as [(String, Int32)] {
                let ended = try sandbox.run(sandbox.spec("") { $0.command = [name] })
                #expect(ended.exit.reason == .exited(code: status), "\(name): \(ended.exit.reason)")
                #expect(ended.text(.sandbox).contains("cannot be run") && ended.text(.error) == "", "\(name)")
            }
        }

        @Test("what a job says that sounds like a runtime is its own, when it goes on")
        func forged() throws {
            let ended = try Sandbox().run("echo 'exec container process `x`: Exec format error' >&2; exit 0")
            #expect(ended.exit.reason == .exited(code: 0))
        }
    }
}
