import GCXLinux
import GCXModel
import GCXWire

/// The clocks of the agent and its way to wait, as a value: a test moves them by hand, and waits for nothing.
///
/// Nothing else in this module asks the kernel for the time.
package struct AgentClock: Sendable {
    /// CLOCK_REALTIME, ns since 1970: a label for people, and in seconds what begins and ends by the ledger.
    package let wall: @Sendable () -> UInt64
    /// CLOCK_BOOTTIME, ns since this boot: every duration.
    package let boot: @Sendable () -> UInt64
    /// The boot that `boot` counts from; nil where the kernel does not say.
    package let bootID: @Sendable () -> String?
    /// Waits, less when the task is cancelled.
    package let pause: @Sendable (Duration) async -> Void

    package init(
        wall: @escaping @Sendable () -> UInt64, boot: @escaping @Sendable () -> UInt64,
        bootID: @escaping @Sendable () -> String? = { try? BootID.read() },
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        (self.wall, self.boot, self.bootID, self.pause) = (wall, boot, bootID, pause)
    }

    /// The kernel's.
    package static let system = AgentClock(wall: WallClock.now, boot: BootClock.now)

    /// Unix seconds.
    package func now() -> UInt64 { Nanoseconds.wholeSeconds(in: wall()) }

    /// What happens at this moment; the store gives it its sequence.
    func event(_ lease: LeaseID, _ kind: JobEvent.Kind, _ text: Untrusted) -> JobEvent {
        JobEvent(
            sequence: 0, lease: lease, wallNanoseconds: wall(), bootNanoseconds: boot(), kind: kind, text: text)
    }
}
