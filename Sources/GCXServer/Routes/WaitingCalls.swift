import GCXModel
import Hummingbird
import Synchronization

/// How many callers wait for news of each lease, and of all leases together.
///
/// A call beyond the bound is answered at once with what there is, which is no error: its client asks again.
final class WaitingCalls: Sendable {
    private let most: Int
    private let counts = Mutex<[LeaseID?: Int]>([:])

    init(most: Int) { self.most = most }

    /// Answers with `operation`, which may wait as long as it is told; a server that stops ends it.
    func waiting(
        for lease: LeaseID?, _ seconds: UInt64,
        _ operation: @escaping @Sendable (_ seconds: UInt64) async throws -> Response
    ) async throws -> Response {
        guard seconds > 0, enter(lease) else { return try await operation(0) }
        defer { leave(lease) }
        return try await endingAtShutdown { try await operation(seconds) }
    }

    private func enter(_ lease: LeaseID?) -> Bool {
        counts.withLock { counts in
            // bounded here: a dictionary; counts stay below `most`
            let count = counts[lease] ?? 0
            guard count < most else { return false }
            counts[lease] = count + 1
            return true
        }
    }

    private func leave(_ lease: LeaseID?) {
        counts.withLock { counts in
            // bounded here: a dictionary; what was entered is left
            let count = (counts[lease] ?? 1) - 1
            counts[lease] = count > 0 ? count : nil
        }
    }
}
