import Dispatch

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
