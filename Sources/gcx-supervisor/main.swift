// The supervisor of one job: `gcx-supervisor JOB-DIRECTORY`, started by the agent, which hands it two descriptors:
// the job's lock, held while this process lives, and a pipe on which one byte says that the job runs.
import GCXLinux
import GCXSandbox
import Glibc

func say(_ text: String) { _ = unsafe "gcx-supervisor: \(text)\n".withCString { unsafe write(2, $0, strlen($0)) } }

/// Runs the job and answers the exit status: 0 when its end was recorded, whatever that end was.
func supervise(_ directory: JobDirectory) throws {
    let lock = try FileLock.adopt(Supervisor.lockDescriptor)
    let pipe = try FileDescriptor.adopt(Supervisor.readyDescriptor)
    // The agent may be gone when the word is written.
    signal(SIGPIPE, SIG_IGN)
    try Supervisor(directory).run {
        var word = OCIRuntimeDriver.runningWord
        _ = unsafe write(pipe.number, &word, 1)
    }
    _ = lock.number
}

guard CommandLine.arguments.count == 2 else {
    say("usage: gcx-supervisor JOB-DIRECTORY (started by `gcx agent`, not by hand)")
    exit(64)
}
do {
    try supervise(JobDirectory(path: CommandLine.arguments[1]))  // bounded: an argument, counted first
} catch let error as LinuxError {
    say(error.description)
    exit(70)
} catch {
    say("the job's directory cannot be used")
    exit(70)
}
