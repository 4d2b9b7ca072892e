package import GCXLinux
import GCXModel
package import GCXSandbox
import Glibc
import Synchronization

/// The helper: serves one agent, and believes it nothing. Each request is judged as if whoever strangers speak to had been taken
/// over by them: it gets what a lease could get, and no more.
package final class HelperServer: Sendable {
    let driver: any HelperDriver
    let policy: Mutex<HelperPolicy>
    let book: HelperBook
    /// Reads the owner's file again.
    let reading: (@Sendable () throws(SandboxError) -> HelperPolicy)?
    private let load = Mutex(Load())

    /// Requests that are served now.
    private struct Load: Sendable {
        var all = 0
        var long = 0
        var large = 0
    }

    /// - Parameter reading: what the owner's file says now, for whoever asks that it be read again.
    package init(
        _ driver: any HelperDriver, policy: HelperPolicy,
        reading: (@Sendable () throws(SandboxError) -> HelperPolicy)? = nil
    ) {
        self.reading = reading
        self.driver = driver
        self.policy = Mutex(policy)
        book = HelperBook(driver)
    }

    /// Reads the owner's file again; from now on jobs are held to that.
    package func reload() throws(SandboxError) {
        guard let new = try reading?() else { return }
        policy.withLock { $0 = new }
    }

    /// Serves whoever connects and is this user, until the flag is raised. Others are hung up on.
    package func serve(_ listener: borrowing UnixListener, user: UInt32, until end: StopFlag) {
        while !end.isRaised {
            guard let socket = listener.accept(milliseconds: Self.waitMilliseconds) else { continue }
            guard (try? UnixSocket.user(of: socket)) == user else { continue }
            take(OpenFile(socket))
        }
    }

    /// Serves the one process that holds the other end of a pair, which sends an end of a new stream for each request.
    package func serve(parent socket: OpenFile, until end: StopFlag) {
        while !end.isRaised {
            guard UnixSocket.hasNews(socket.number, milliseconds: Self.waitMilliseconds) else { continue }
            guard let files = try? MessagePair.receive(from: socket.number, most: 1), let connection = files.first
            else {
                if UnixSocket.isHungUp(socket.number) { return }
                continue
            }
            take(connection)
        }
    }

    private static let waitMilliseconds: Int32 = 200

    private func take(_ socket: OpenFile) {
        let isFree = load.withLock { load in
            guard load.all < HelperLimits.requestsAtOnceMax else { return false }
            load.all += 1  // bounded: compared above
            return true
        }
        UnixSocket.setPatience(HelperLimits.patienceSeconds, of: socket.number)
        guard isFree else { return answer(.refused(.helperBusy), HelperConnection(socket)) }
        do {
            try WorkerThread.start { [self] in
                serve(HelperConnection(socket))
                load.withLock { $0.all -= 1 }  // bounded: counted above
            }
        } catch { load.withLock { $0.all -= 1 } }  // bounded: counted above
    }

    /// One request, and its answer.
    func serve(_ connection: HelperConnection) {
        var isLarge = false
        defer { if isLarge { load.withLock { $0.large -= 1 } } }  // bounded: counted where it is set
        let request: HelperRequest
        let files: [OpenFile]
        do throws(HelperError) {
            (request, files) = try connection.receive(
                HelperRequest.self, bytesMax: HelperLimits.requestBytesMax, filesMax: HelperLimits.filesMax
            ) { bytes in
                if bytes > HelperLimits.smallRequestBytes { isLarge = waitForLarge() }
            }
        } catch .ended {
            return
        } catch {
            return answer(.refused(.invalidSpec(field: "request", reason: error.description)), connection)
        }
        guard files.count == request.files else {
            let reason = "\(NumberText.count(files.count, "file")) came with it instead of \(request.files)"
            return answer(.refused(.invalidSpec(field: "request", reason: reason)), connection)
        }
        answer(request.isLong ? long(request, files, connection) : perform(request, files, stop: nil), connection)
    }

    /// Waits until few enough large requests are read at once; the peer's patience is no longer than ours.
    private func waitForLarge() -> Bool {
        while true {
            let isFree = load.withLock { load in
                guard load.large < HelperLimits.largeRequestsMax else { return false }
                load.large += 1  // bounded: compared above
                return true
            }
            if isFree { return true }
            GCXLinux.pause(for: .milliseconds(10))
        }
    }

    private func long(_ request: HelperRequest, _ files: [OpenFile], _ connection: HelperConnection) -> HelperAnswer {
        let isFree = load.withLock { load in
            guard load.long < HelperLimits.longRequestsMax else { return false }
            load.long += 1  // bounded: compared above
            return true
        }
        guard isFree else { return .refused(.helperBusy) }
        defer { load.withLock { $0.long -= 1 } }  // bounded: counted above
        let work = HelperWork()
        do throws(LinuxError) {
            try WorkerThread.start { [self] in work.finish(perform(request, files, stop: work.stop)) }
        } catch { return .refused(.linux(error)) }
        return work.answer { UnixSocket.isHungUp(connection.socket.number) }
    }

    private func answer(_ answer: HelperAnswer, _ connection: HelperConnection) {
        // Whoever is gone hears nothing, and what was done stays done.
        try? connection.send(answer, bytesMax: HelperLimits.answerBytesMax)
    }
}

/// A request that takes long, while somebody looks whether it is still wanted.
private final class HelperWork: Sendable {
    let stop = StopFlag()
    private let found = Mutex<HelperAnswer?>(nil)
    private let latch = Latch()

    func finish(_ answer: HelperAnswer) {
        found.withLock { $0 = answer }
        latch.open()
    }

    func answer(isGivenUp: () -> Bool) -> HelperAnswer {
        while !latch.wait(milliseconds: HelperLimits.lookMilliseconds) { if isGivenUp() { stop.raise() } }
        return found.withLock { $0 } ?? .refused(.noHelper(reason: "its work ended without an answer"))
    }
}
