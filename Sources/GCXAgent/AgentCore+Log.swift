import GCXLinux
import GCXModel
import GCXSandbox

extension AgentCore {
    /// The log of a job, in its directory or in the history.
    func log(_ lease: LeaseID) -> JobLogFolder {
        let folder = JobLogFolder(path: directory(lease).log)
        return folder.exists
            ? folder : JobLogFolder(path: JobHistory(root: context.settings.historyPath).path(of: lease))
    }

    package func log(_ lease: LeaseID, _ query: LogQuery, by caller: Caller) async throws(AgentError) -> LogPage {
        _ = try visible(lease, to: caller)
        let deadline = Deadline(seconds: query.waitSeconds)
        let bytesMax = Int(clamping: min(query.bytesMax, AgentLimits.logPageBytesMax))
        let place = try await reading(lease) { (log) throws(LinuxError) in try log.place(of: query) }
        while true {
            // Whether it has ended is asked before the log is read, so that nothing written in between is missed.
            let ended = try visible(lease, to: caller).phase.exit != nil
            let stretch = try await stretch(of: lease, from: place.offset, bytesMax: bytesMax, query)
            let isNew = stretch.next > stretch.start
            if isNew || ended || deadline.isOver {
                return LogPage(
                    start: stretch.start, next: stretch.next, firstKept: stretch.firstKept,
                    skipLines: stretch.start == place.offset ? place.skipLines : 0, ended: ended && !isNew,
                    bytes: stretch.bytes)
            }
            await deadline.pause()
        }
    }

    /// - Throws: ``AgentError/badRequest(_:)`` when the caller named a place where no record begins: that is no damage.
    private func stretch(
        of lease: LeaseID, from offset: UInt64, bytesMax: Int, _ query: LogQuery
    ) async throws(AgentError) -> JobLogStretch {
        do {
            return try await reading(lease) { (log) throws(LinuxError) in
                try log.stretch(from: offset, bytesMax: bytesMax, only: query.stream?.stored)
            }
        } catch .logDamaged(let lease, let reason) {
            let isPlace = try await reading(lease) { (log) throws(LinuxError) in try log.isPlace(offset) }
            guard offset == query.from, isPlace == false else { throw .logDamaged(lease, reason) }
            throw .badRequest(
                "no record of the log begins at offset \(offset); begin at 0, or where another page said to go on")
        }
    }

    private func reading<Value: Sendable>(
        _ lease: LeaseID, _ body: @escaping @Sendable (JobLogFolder) throws(LinuxError) -> Value
    ) async throws(AgentError) -> Value {
        let log = log(lease)
        do {
            return try await blocking { () throws(LinuxError) -> Value in try body(log) }
        } catch .malformed(_, let reason) {
            throw .logDamaged(lease, reason)
        } catch {
            throw .storage(error.description)
        }
    }
}

extension JobLogFolder {
    /// Where an answer begins: the later one of what time, lines and offset ask for.
    fileprivate func place(of query: LogQuery) throws(LinuxError) -> JobLogPlace {
        var place = JobLogPlace(offset: query.from)
        if let since = query.sinceNanoseconds {
            let found = try self.place(since: since)
            if found.offset > place.offset { place = found }
        }
        if let lines = query.tail {
            let found = try self.place(tail: lines, of: query.stream?.stored)
            if found.offset > place.offset { place = found }
        }
        return place
    }
}
