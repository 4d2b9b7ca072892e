/// The bounds of this module.
package enum LinuxLimits {
    /// How often whoever waits for a tool is asked whether he still wants it: a stop is obeyed in a tenth of a second, and so few
    /// wake-ups disturb no figure.
    package static let toolWatchInterval: Duration = .milliseconds(50)
    /// Times that removing a cgroup is tried: tasks may still be exiting when the last signal was sent.
    package static let cgroupRemoveTriesMax = 400
    /// Pause between two tries, and between two looks at a state that is about to change.
    package static let pollInterval: Duration = .milliseconds(5)
    /// A freezer that has not frozen by then never will: some task is stuck in the kernel.
    package static let freezeTimeout: Duration = .seconds(5)
    /// Rounds of freeze, kill and thaw on cgroup v1 before the group counts as immortal.
    package static let killRoundsMax = 100
    /// Largest kernel or state file read as text; the largest seen, mountinfo of a busy host, is near 1 MiB.
    package static let textFileBytesMax = 8 << 20
    /// Largest output kept from a tool, per stream.
    package static let toolOutputBytesMax = 4 << 20
    /// The end of a tool's standard error that goes into an error message.
    package static let toolErrorBytesMax = 2048
    /// Memory that the helpers of a job have beyond the job's: a supervisor peaks at 9 MiB, packing at some more; what is
    /// left holds pages of the log until they are on the disk.
    package static let helperMemoryBytes: UInt64 = 64 << 20
    /// Tasks of the helpers of a job; a supervisor has one, a tool that it calls a handful.
    package static let helperTasks: UInt64 = 64
    /// Levels of a tree that are open at once while it is removed; a process begins with 1024 descriptors.
    package static let treeLevelsMax = 64
    /// Levels of a tree that is given to another owner: each holds a descriptor, and archives have 256 at most.
    package static let givenLevelsMax = 300
    /// Processes moved out of the agent's own cgroup before giving up: a service has a handful.
    package static let movedProcessesMax = 1024
    /// Times a free loop device is asked for: another process may take it between the question and the use.
    package static let loopTriesMax = 64
    /// What the entry of a group may take, with the names of all its members: some thousand.
    package static let groupBytesMax = 64 << 10
    /// Threads for tasks that a program asks for before it begins: the dispatch library never has more.
    package static let taskThreadsMax = 255
    /// The stack of a thread that only waits: well above the least that pthread_attr_setstacksize(3) takes.
    package static let waitingThreadStackBytes = 64 << 10
}
