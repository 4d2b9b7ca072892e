import Foundation
import GCXLinux
import Glibc
import Senders
import Testing

/// Passwords, from files and typed at a terminal.
@Suite("Passwords")
struct PasswordTests {
    static let lacks = ["python3"].first { ChildProcess.find($0) == nil }

    /// Runs a command on a terminal of its own, types there what is asked for at each prompt, and says how it ended and
    /// whether the terminal shows what is typed again.
    private static let typist = """
        import os, pty, select, sys, termios, time
        keys, command = [bytes.fromhex(k) for k in sys.argv[1].split(",")], sys.argv[2:]
        master, slave = pty.openpty()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.close(master)
            import fcntl
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for n in range(3): os.dup2(slave, n)
            os.execv(command[0], command)
        seen, at, end = b"", 0, time.time() + 30
        while time.time() < end:
            ready, _, _ = select.select([master], [], [], 0.05)
            if ready: seen += os.read(master, 4096)
            if at < len(keys) and seen.count(b": ") > at and not termios.tcgetattr(slave)[3] & termios.ECHO:
                if keys[at] == b"TERM": os.kill(pid, 15)
                else: os.write(master, keys[at])
                at += 1
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                while select.select([master], [], [], 0.1)[0]: seen += os.read(master, 4096)
                print(os.waitstatus_to_exitcode(status), bool(termios.tcgetattr(slave)[3] & termios.ECHO))
                print(seen.decode("utf-8", "replace"))
                sys.exit(0)
        os.kill(pid, 9)
        print("silent", seen)
        """

    private struct Typed {
        var status: String
        var isShown: Bool
        var text: String
    }

    private func type(_ keys: [String], _ arguments: [String]) throws -> Typed {
        let hex = keys.map { $0.utf8.map { String(format: "%02x", $0) }.joined() }.joined(separator: ",")
        let said = try ChildProcess("python3", ["-c", Self.typist, hex, Gcx.program] + arguments).run()
        let first = said.prefix { $0 != "\n" && $0 != "\r\n" }.split(separator: " ")
        return Typed(
            status: first.first.map(String.init) ?? said, isShown: first.last == "True",
            text: String(said.drop { $0 != "\n" && $0 != "\r\n" }))
    }

    private func withKey(_ password: String, _ body: (_ key: String, _ folder: String) throws -> Void) throws {
        let folder = try ChildProcess("mktemp", ["-d", "/tmp/gcx-password-XXXXXX"]).run()
            .trimmingCharacters(in: .whitespacesAndNewlines)
        defer { try? Files.removeTree(folder) }
        try DurableFile.write("\(password)\n".utf8, to: "\(folder)/password")
        let made = try Gcx.run(
            ["key", "new", "--light", "--password-file", "\(folder)/password", "--out", "\(folder)/key.json"])
        #expect(made.status == .exited(0), "\(made.errorLine)")
        try body("\(folder)/key.json", folder)
    }

    @Test(
        "what is typed is the password, without the keys that edit it",
        .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
    func typed() throws {
        try withKey("pässword") { key, _ in
            for keys in [
                "pässword\r", "wrong\u{15}pässword\n", "päßx\u{7F}\u{7F}ssword\r", "\u{1B}[Apäss\u{1B}[200~word\u{1}\r",
            ] {
                let typed = try type([keys], ["key", "address", "--key", key])
                #expect(typed.status == "0" && typed.isShown && typed.text.contains("0x"), "\(typed)")
                #expect(!typed.text.contains("pässword") && !typed.text.contains("word\r"), "what was typed was shown")
            }
            let wrong = try type(["pass\r"], ["key", "address", "--key", key])
            #expect(wrong.status == "78" && wrong.text.contains("wrong password"), "\(wrong)")
        }
    }

    @Test(
        "Ctrl-C, a signal and Ctrl-D end the command, and the terminal shows again what is typed",
        .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
    func ended() throws {
        try withKey("password") { key, folder in
            for (keys, status) in [("pass\u{3}", "130"), ("\u{1C}", "131"), ("TERM", "143"), ("\u{4}", "78")] {
                let typed = try type([keys], ["key", "address", "--key", key])
                #expect(typed.status == status && typed.isShown, "\(typed)")
                if status == "78" { #expect(typed.text.contains("no password was typed"), "\(typed)") }
            }
            let differ = try type(["one\r", "two\r"], ["key", "new", "--light", "--out", "\(folder)/new.json"])
            #expect(differ.status == "78" && differ.text.contains("differ"), "\(differ)")
            let stopped = try type(["one\r", "\u{3}"], ["key", "new", "--light", "--out", "\(folder)/new.json"])
            #expect(stopped.status == "130" && stopped.isShown, "\(stopped)")
            #expect(!Files.exists("\(folder)/new.json"))
        }
    }

    @Test("a job's payer is asked for the password once", .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
    func once() throws {
        try withKey("password") { key, folder in
            let lease = "0x" + String(repeating: "0", count: 64)
            let run = ["job", "run", "--attach", "--lease", lease, "--key", key]
            // Somebody is there, and asked who he is only after the key is open.
            let server = try EvilServer(at: "\(folder)/busy.sock", before: .unix("\(folder)/none.sock")) { _ in
                .bytes(Array("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".utf8))
            }
            defer { server.stop() }
            let typed = try type(
                ["password\r", "password\r"],
                run + ["--agent", "unix:\(folder)/busy.sock", "--ledger", "unix:\(folder)/none.sock"])
            #expect(typed.status == "78", "\(typed)")
            #expect(typed.text.ranges(of: "Password of ").count == 1, "\(typed)")
        }
    }

    @Test("a password or key file that others may read is refused with the remedy, and a pipe is read")
    func files() throws {
        try withKey("password") { key, folder in
            let open = ["key", "address", "--key", key, "--password-file", "\(folder)/password"]
            for (file, mode) in [
                ("\(folder)/password", mode_t(0o644)), ("\(folder)/password", 0o640), (key, 0o640), (key, 0o604),
            ] {
                #expect(chmod(file, mode) == 0)
                let outcome = try Gcx.run(open)
                #expect(outcome.status == .exited(78))
                #expect(outcome.errorLine.contains("remedy: Run `chmod 600 \(file)`"), "\(outcome.errorLine)")
                #expect(chmod(file, 0o600) == 0)
            }
            #expect(try Gcx.run(open).status == .exited(0))
            let piped = try ChildProcess(
                "bash", ["-c", "exec \(Gcx.program) key address --key \(key) --password-file <(echo password)"]
            ).outcome()
            #expect(piped.status == .exited(0), "\(piped.errorLine)")
            // As systemd shows a credential that an access list lets a service read.
            let credential = ChildProcess(
                Gcx.program, Array(open.dropLast()) + ["\(folder)/password"],
                environment: ChildProcess.plainEnvironment.merging(["CREDENTIALS_DIRECTORY": folder]) { $1 })
            #expect(chmod("\(folder)/password", 0o440) == 0)
            #expect(try credential.outcome().status == .exited(0))
            #expect(chmod("\(folder)/password", 0o444) == 0)
            #expect(try credential.outcome().status == .exited(78))
        }
    }

    @Test("a password file that holds no password says why", arguments: ["", "a\u{1}b\n", "a\u{0}b\n", "a\r\n"])
    func noPassword(_ text: String) throws {
        try withKey("password") { key, folder in
            try DurableFile.write(text.utf8, to: "\(folder)/password")
            let outcome = try Gcx.run(["key", "address", "--key", key, "--password-file", "\(folder)/password"])
            #expect(outcome.status == .exited(78))
            #expect(outcome.errorLine.contains("the password file"), "\(outcome.errorLine)")
        }
    }
}
