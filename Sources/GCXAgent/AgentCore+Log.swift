import GCXJobLog
import GCXLinux
package import GCXModel
import GCXSandbox
package import GCXWire

extension AgentCore {
    /// The log of a job, in its directory or in the history; where there is none, where it would be.
    func log(_ row: LeaseRow, job: UInt64) -> JobLogFolder {
        let (history, name) = (LogHistory(path: context.settings.historyPath), JobName(of: row.id))
        var places = [history.log(of: name, number: job)]
        // The latest job's is moved before the next one is counted.
        if job >= row.jobs { places += [directory(row.id).log, history.log(of: name)] }  // bounded: joins lists
        return JobLogFolder(path: places.first(where: Files.exists) ?? directory(row.id).log)
    }

    /// The job whose log is asked for.
    ///
    /// - Throws: `AgentError.logNotKept` when there is none of it.
    private func job(of query: LogQuery, _ row: LeaseRow) throws(AgentError) -> UInt64 {
        let latest = max(row.jobs, 1)
        let job = query.job ?? latest
        guard job == latest || (job < latest && log(row, job: job).path != directory(row.id).log) else {
            throw .logNotKept(row.id, job: job, jobs: row.jobs)
        }
        return job
    }

    package func log(_ lease: LeaseID, _ query: LogQuery, by caller: Caller) async throws(AgentError) -> LogPage {
        let job = try job(of: query, visible(lease, to: caller))
        let deadline = Deadline(seconds: query.waitSeconds, by: context.clock)
        let bytesMax = Int(clamping: min(query.bytesMax, WireLimits.logPageBytesMax))
        let (place, open) = try await reading(lease, job) { (log) throws(LinuxError) in
            let place = try log.place(of: query)
            return (place, query.isSearch ? try log.counts(at: place.offset)?.openLines : nil)
        }
        while true {
            // Whether it has ended is asked before the log is read, so that nothing written in between is missed.
            let row = try visible(lease, to: caller)
            // Of a lease that closed without a job there is no log, and never will be.
            let ended = job < row.jobs || row.exit != nil || row.phase.name == .closed
            let stretch = try await stretch(of: lease, job, from: place.offset, bytesMax: bytesMax, query)
            let isNew = stretch.next > stretch.start
            if isNew || ended || deadline.isOver {
                return LogPage(
                    start: stretch.start, next: stretch.next, firstKept: stretch.firstKept,
                    skipLines: stretch.start == place.offset ? place.skipLines : 0, ended: ended && !isNew,
                    bytes: stretch.bytes, job: job, openLines: stretch.start == place.offset ? open : nil)
            }
            await deadline.pause()
        }
    }

    /// - Throws: `AgentError.badRequest` when the caller named a place where no record begins: that is no damage.
    private func stretch(
        of lease: LeaseID, _ job: UInt64, from offset: UInt64, bytesMax: Int, _ query: LogQuery
    ) async throws(AgentError) -> JobLogStretch {
        do {
            return try await reading(lease, job) { (log) throws(LinuxError) in
                try log.stretch(from: offset, bytesMax: bytesMax, only: query.stream?.stored)
            }
        } catch .logDamaged(let lease, let reason) {
            let isPlace = try await reading(lease, job) { (log) throws(LinuxError) in try log.isPlace(offset) }
            guard offset == query.from, isPlace == false else { throw .logDamaged(lease, reason) }
            throw .badRequest(
                "no record of the log begins at offset \(offset); begin at 0, or where another page said to go on")
        }
    }

    private func reading<Value: Sendable>(
        _ lease: LeaseID, _ job: UInt64, _ body: @escaping @Sendable (JobLogFolder) throws(LinuxError) -> Value
    ) async throws(AgentError) -> Value {
        guard let row = try context.store.lease(lease) else { throw .unknownLease(lease) }
        let log = log(row, job: job)
        do {
            let value = try await blocking { () throws(LinuxError) -> Value in try body(log) }
            // It may have moved into the history meanwhile, and what was read is the place that it left.
            guard !log.exists, let row = try context.store.lease(lease) else { return value }
            let moved = self.log(row, job: job)
            return moved.path == log.path
                ? value : try await blocking { () throws(LinuxError) -> Value in try body(moved) }
        } catch let error as AgentError {
            throw error
        } catch let error as LinuxError {
            throw AgentError(reading: error, of: lease)
        } catch {
            throw .storage(Untrusted(ForeignError.words(error)))
        }
    }
}

extension AgentError {
    /// What the disk said while a log was read.
    fileprivate init(reading error: LinuxError, of lease: LeaseID) {
        if case .malformed(_, let reason) = error {
            self = .logDamaged(lease, Untrusted(reason))
        } else {
            self = .storage(Untrusted(error.description))
        }
    }
}

extension LogQuery {
    /// Whether a place is looked for, which may be in the middle of a line.
    fileprivate var isSearch: Bool { sinceNanoseconds != nil || tail != nil }
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
