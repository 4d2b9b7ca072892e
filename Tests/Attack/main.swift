// Runs every attack of Tests/Hostile as a job, where no Swift and no test runner is: in the virtual machine.
// usage: gcx-attack SUPERVISOR DIRECTORY [ROOTFS read-only|writable COMMAND...]
// As root, in a delegated control group. One line an attack; status 1 if one got through. With a root filesystem and a
// command, only that is run: for checkers of containers, by hand.
import GCXJobLog
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc
import Hostile

func say(_ text: String) { _ = "\(text)\n".withCString { write(1, $0, strlen($0)) } }

func attackAll(supervisor: String, directory: String) throws -> Bool {
    try Files.makeDirectories("\(directory)/host", mode: 0o700)
    let driver = try OCIRuntimeDriver(state: "\(directory)/state", supervisorPath: supervisor)
    let host = try HostileHost(root: "\(directory)/host")
    let runner = HostileRunner(driver, host, seconds: 120)
    var isWell = true
    for (number, attack) in Attack.all(against: host).enumerated() {
        let began = BootClock.now()
        let wrong = try runner.run(attack, number: number).joined(separator: "; ")
        let seconds = (BootClock.now() - began) / 1_000_000
        say(
            (wrong.isEmpty ? "ok " : "not ok ") + "attack \(attack.tries) (\(seconds) ms)"
                + (wrong.isEmpty ? "" : ": \(wrong.filter { $0 != "\n" })"))
        isWell = isWell && wrong.isEmpty
    }
    let shared = SharedRunner(driver, host, seconds: 240)
    for (number, object) in SharedObject.all.enumerated() {
        let began = BootClock.now()
        let (found, said) = try shared.run(object, number: number)
        let wrong = found.joined(separator: "; ")
        let seconds = (BootClock.now() - began) / 1_000_000
        say(
            (wrong.isEmpty ? "ok " : "not ok ")
                + "flood of \(object.name) (\(seconds) ms, \(said.split(separator: "\n").last ?? ""))"
                + (wrong.isEmpty ? "" : ": \(wrong.filter { $0 != "\n" })"))
        isWell = isWell && wrong.isEmpty
    }
    return isWell
}

/// Runs one command in a root filesystem of somebody else's, as the jobs of leases run, and shows what it says.
func tryOne(supervisor: String, directory: String, rootfs: String, command: [String], writable: Bool) throws {
    let driver = try OCIRuntimeDriver(state: "\(directory)/state", supervisorPath: supervisor)
    let job = try driver.start(
        JobSpec(
            id: "by-hand", image: .rootfs(path: rootfs), command: command, environment: ["TERM": "dumb"],
            resources: JobResources(cores: 1, memoryBytes: 512 << 20, pids: 256, writableBytes: 256 << 20),
            wallSecondsMax: 600, writableRoot: writable))
    _ = try driver.wait(job, timeout: .seconds(660))
    var reader = JobLogReader(path: job.log)
    while case let records = try reader.next(), !records.isEmpty {
        for record in records { _ = record.bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) } }
    }
    try driver.release(job)
    try driver.wipe(job)
}

let words = Array(CommandLine.arguments.dropFirst())
do {
    if words.count == 2 {
        exit(try attackAll(supervisor: words[0], directory: words[1]) ? 0 : 1)
    } else if words.count > 4, ["read-only", "writable"].contains(words[3]) {
        try tryOne(
            supervisor: words[0], directory: words[1], rootfs: words[2], command: Array(words.dropFirst(4)),
            writable: words[3] == "writable")
    } else {
        say("usage: gcx-attack SUPERVISOR DIRECTORY [ROOTFS read-only|writable COMMAND...]")
        exit(64)
    }
} catch {
    say("not ok the attacks could be made: \(error)")
    exit(70)
}
