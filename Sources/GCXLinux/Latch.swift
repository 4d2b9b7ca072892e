import Dispatch

/// Opens once, for one thread that waits for another.
package final class Latch: Sendable {
    private let gate = DispatchSemaphore(value: 0)

    package init() {}

    package func open() { gate.signal() }

    /// False when it did not open in time.
    package func wait(milliseconds: Int32) -> Bool {
        // bounded: 32 bits of milliseconds after now
        gate.wait(timeout: .now() + .milliseconds(Int(milliseconds))) == .success
    }
}
