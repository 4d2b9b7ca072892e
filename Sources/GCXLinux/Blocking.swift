import Dispatch
import Synchronization

/// Runs a call that blocks its thread (a child process, an unpack) off the threads that tasks share, of which there are
/// only as many as cores.
package func blocking<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(returning: Result { () throws(Failure) -> Value in try body() })
        }
    }
    return try result.get()
}

/// The same for work on something that has one owner: the call gets it, and what it answers takes its place. When the call
/// throws, what was given is gone.
package func blocking<Given: ~Copyable & Sendable, Got: ~Copyable & Sendable, Failure: Error>(
    giving given: consuming Given, _ body: @escaping @Sendable (consuming Given) throws(Failure) -> Got
) async throws(Failure) -> Got {
    let (way, back) = (Handover(given), Handover<Got>())
    try await blocking { () throws(Failure) in back.put(try body(way.take())) }
    return back.take()
}

/// One value on its way from a thread to another: put in once, taken out once.
private final class Handover<Value: ~Copyable & Sendable>: Sendable {
    private let place: Mutex<Value?>

    init() { place = Mutex(nil) }
    init(_ value: consuming Value) { place = Mutex(consume value) }

    func put(_ value: consuming Value) {
        var value: Value? = consume value
        place.withLock { $0 = value.take() }
    }

    func take() -> Value {
        guard let value = place.withLock({ $0.take() }) else { preconditionFailure("it was put in, and taken once") }
        return value
    }
}
