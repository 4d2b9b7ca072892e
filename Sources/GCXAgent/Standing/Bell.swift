import Synchronization

/// Ends a pause early. One waits at a time; a bell that is rung while nobody waits ends the next pause.
package final class Bell: Sendable {
    private let state = Mutex(State())

    private struct State {
        var isRung = false
        var pause: Task<Void, Never>?
    }

    package init() {}

    package func ring() {
        state.withLock { state in
            state.isRung = true
            state.pause?.cancel()
        }
    }

    /// Until the bell is rung or the calling task is cancelled, and no longer than `duration`.
    ///
    /// - Returns: whether it was rung.
    @discardableResult
    package func wait(
        atMost duration: Duration,
        by pausing: @escaping @Sendable (Duration) async -> Void = AgentClock.system.pause
    ) async -> Bool {
        let pause = Task { await pausing(duration) }
        state.withLock { state in
            state.pause = pause
            if state.isRung { pause.cancel() }
        }
        await withTaskCancellationHandler {
            await pause.value
        } onCancel: {
            pause.cancel()
        }
        return state.withLock { state in
            defer { state = State() }
            return state.isRung
        }
    }
}
