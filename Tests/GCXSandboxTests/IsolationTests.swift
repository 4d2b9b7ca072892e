import GCXJobLog
import GCXLinux
import GCXModel
import Glibc
import Testing

@testable import GCXSandbox

extension RealJobs {
    @Suite("What a job's code can touch")
    struct Isolation {
        @Test("it has loopback and no other network", arguments: Machine.runtimes)
        func network(_ kind: RuntimeChoice.Kind) throws {
            let ended = try Sandbox(kind).run("ls /sys/class/net; cat /proc/net/route | wc -l; ping -c1 -W1 1.1.1.1")
            #expect(ended.text().hasPrefix("lo\n1\n"))
            #expect(ended.exit.reason != .exited(code: 0))
        }

        @Test("its root is not the machine's root", arguments: Machine.runtimes)
        func userNamespace(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let job = try sandbox.driver.start(sandbox.spec("id -u; touch /output/mine; sleep 30"))
            try sandbox.waitForOutput(of: job)
            guard case .running(let running) = try sandbox.driver.recover(job) else {
                Issue.record("not running")
                return
            }
            var status = stat()
            #expect(stat("/proc/\(running.supervisor?.initPID ?? 0)", &status) == 0)
            #expect(status.st_uid == running.plan.ids.base)
            #expect(running.plan.ids.base >= SandboxLimits.firstHostID)
        }

        @Test("it has no capability, no new privilege and a filter", arguments: Machine.runtimes)
        func privileges(_ kind: RuntimeChoice.Kind) throws {
            let text = try Sandbox(kind).run("cat /proc/self/status").text()
            for line in ["CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
                #expect(text.contains(line))
            }
        }

        @Test("calls that are not on the list are not there", arguments: Machine.runtimes)
        func filter(_ kind: RuntimeChoice.Kind) throws {
            // Without the filter the first would succeed, and the second would be refused for want of a capability.
            let ended = try Sandbox(kind).run("unshare -U true; chroot / true; exit 0")
            #expect(ended.text(.error).components("Function not implemented") == 2)
            #expect(ended.exit.reason == .exited(code: 0))
        }

        @Test("its image is read-only, and what it may write is not", arguments: Machine.runtimes)
        func readOnlyRoot(_ kind: RuntimeChoice.Kind) throws {
            let script = "touch /etc/x; echo $?; touch /bin/x; echo $?; touch /tmp/x /output/x /dev/shm/x; echo $?"
            let ended = try Sandbox(kind).run(script)
            #expect(ended.text() == "1\n1\n0\n")
            #expect(ended.text(.error).components("Read-only file system") == 2)
        }

        @Test("a writable root is a layer that goes away, and the image stays as it was")
        func writableRoot() throws {
            let sandbox = try Sandbox()
            let ended = try sandbox.run("echo new > /etc/passwd; rm /bin/ls; cat /etc/passwd") {
                $0.writableRoot = true
            }
            #expect(ended.text() == "new\n")
            #expect(try Files.text("\(sandbox.root)/rootfs/etc/passwd").hasPrefix("root:"))
            #expect(Files.exists("\(sandbox.root)/rootfs/bin/ls"))
        }

        @Test("input is read-only and belongs to it, output comes back as an archive", arguments: Machine.runtimes)
        func inputAndOutput(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let input = "\(sandbox.root)/input"
            try Files.makeDirectory(input)
            try DurableFile.write("secret\n".utf8, to: "\(input)/data")
            let script =
                "cat /input/data; touch /input/x; echo $?; cp /input/data /output/copy; ln -s /etc /output/link"
            let ended = try sandbox.run(script) { $0.inputDirectory = input }
            #expect(ended.text() == "secret\n1\n")
            let output = "\(sandbox.root)/unpacked"
            let contents = try Unpacker.located().unpack(
                file: ended.job.output, into: output, rules: .output, limits: .upload, owner: .caller)
            #expect(ended.exit.outputProblem?.contains("link (a link that leads outside)") == true)
            #expect(contents.omission == nil && !Files.exists("\(output)/link"))
            #expect(try Files.text("\(output)/copy") == "secret\n")
            var status = stat()
            #expect(lstat("\(output)/copy", &status) == 0 && status.st_uid == 0)
        }

        @Test("it sees its own processes only, and its own name", arguments: Machine.runtimes)
        func processes(_ kind: RuntimeChoice.Kind) throws {
            let text = try Sandbox(kind).run("hostname; ls -d /proc/[0-9]* | wc -l").text()
            #expect(text.hasPrefix("job\n"))
            #expect((Int(text.split(separator: "\n").last ?? "") ?? 99) <= 4)
        }
    }
}
