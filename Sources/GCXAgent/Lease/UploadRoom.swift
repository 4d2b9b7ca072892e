import GCXJobLog
import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Synchronization

// dictionaries: uses

/// How much may be written for a lease: no upload, download or unpacking may take what others were promised.
///
/// A job's writable layer is a file with holes, so the disk of a job that runs looks free. It is not: what is missing in
/// that file is promised, and so is `SandboxLimits.diskReserveBytes` for the agent's database and the jobs' outputs.
final class UploadRoom: Sendable {
    private let store: AgentStore
    private let settings: AgentSettings
    /// What may be gone on with.
    let shelf: UploadShelf
    private let uses = Mutex<[LeaseID: Use]>([:])

    /// Uploads of a lease that are on their way.
    private struct Use {
        var files = 0
        var bytes: UInt64 = 0
    }

    init(store: AgentStore, settings: AgentSettings, shelf: UploadShelf = UploadShelf()) {
        (self.store, self.settings, self.shelf) = (store, settings, shelf)
    }

    func bytesMax(_ kind: UploadKind) -> UInt64 {
        kind == .image ? settings.imageBytesMax : settings.inputBytesMax
    }

    /// What all uploads of a lease may take together: one of each kind in its place, and one that takes its place.
    private var leaseBytesMax: UInt64 {
        UploadKind.allCases.reduce(UInt64(0)) { $0.saturatingSum(bytesMax($1)) }.saturatingProduct(
            AgentLimits.uploadCopiesMax)
    }

    /// A file for an upload; its bytes are counted to the lease as long as it is there.
    func begin(_ kind: UploadKind, _ lease: LeaseID, in directory: String) throws(AgentError) -> UploadFile {
        shelf.removeOld()
        return try UploadFile(
            in: directory, name: kind.rawValue, bytesMax: bytesMax(kind), room: try UploadPlace(lease, in: self))
    }

    /// Counts one more upload to the lease.
    fileprivate func enter(_ lease: LeaseID) throws(AgentError) {
        try uses.withLock { uses throws(AgentError) in
            guard uses[lease, default: Use()].files < AgentLimits.uploadsAtOnceMax else {
                throw .noRoom(
                    "for lease \(lease.short) \(NumberText.count(AgentLimits.uploadsAtOnceMax, "upload", one: "is", many: "are")) on the way already"
                )
            }
            // bounded: `uploadsAtOnceMax` at most
            uses[lease, default: Use()].files += 1
        }
    }

    /// Whether an upload for the lease is on its way, or may be gone on with.
    func isBusy(_ lease: LeaseID) -> Bool {
        shelf.removeOld()
        return uses.withLock { uses in uses[lease] != nil }
    }

    /// Bytes that may be written for a lease now.
    func left(for lease: LeaseID) throws(AgentError) -> UInt64 {
        let kept = SandboxLimits.diskReserveBytes.saturatingSum(try promised(besides: lease))
        let free = try freeBytes()
        return free > kept ? free - kept : 0  // bounded: the smaller from the larger
    }

    fileprivate func grow(_ lease: LeaseID, by more: UInt64) throws(AgentError) {
        let placed = try store.uploads(of: lease).values.reduce(UInt64(0)) { $0.saturatingSum($1.file.bytes) }
        try uses.withLock { uses throws(AgentError) in
            var use = uses[lease, default: Use()]
            let all = placed.saturatingSum(use.bytes).saturatingSum(more)
            guard all <= leaseBytesMax else {
                throw .noRoom("the uploads of lease \(lease.short) may take \(NumberText.size(leaseBytesMax)) together")
            }
            use.bytes = use.bytes.saturatingSum(more)
            uses[lease] = use
        }
    }

    /// What `enter` and `grow` counted for one upload is free again.
    fileprivate func leave(_ lease: LeaseID, _ bytes: UInt64) {
        uses.withLock { uses in
            guard var use = uses[lease] else { return }
            // bounded here: a place is entered and left once; no more than there is
            use.files -= 1
            use.bytes -= min(bytes, use.bytes)
            uses[lease] = use.files > 0 ? use : nil
        }
    }

    fileprivate func check(free: UInt64, promised: UInt64, _ more: UInt64) throws(AgentError) {
        let kept = SandboxLimits.diskReserveBytes.saturatingSum(promised)
        guard free >= kept.saturatingSum(more) else {
            throw .noRoom(
                "the disk has \(NumberText.size(free)) left, and \(NumberText.size(kept)) are promised to jobs or kept in reserve"
            )
        }
    }

    fileprivate func freeBytes() throws(AgentError) -> UInt64 {
        do { return try Disk.freeBytes(at: settings.stateDirectory) } catch {
            throw .storage(Untrusted(error.description))
        }
    }

    /// What the disks of all jobs take of it now.
    func takenByJobs() throws(AgentError) -> UInt64 {
        try store.unwiped().rows.reduce(UInt64(0)) { sum, row in
            let job = settings.directory(of: row.id)
            return sum.saturatingSum(min(Disk.bytesTaken(by: job.scratch) ?? 0, row.terms.resources.storageBytes))
        }
    }

    /// What the jobs of other leases may still write.
    fileprivate func promised(besides lease: LeaseID) throws(AgentError) -> UInt64 {
        try store.unwiped().rows.reduce(UInt64(0)) { sum, row in
            guard row.id != lease, row.phase.mayHaveProcess else { return sum }
            let job = settings.directory(of: row.id)
            let all = row.terms.resources.storageBytes.saturatingSum(settings.logBytesMax)
            let taken = (Disk.bytesTaken(by: job.scratch) ?? 0).saturatingSum(JobLogFolder(path: job.log).bytes)
            return sum.saturatingSum(all > taken ? all - taken : 0)  // bounded: the smaller from the larger
        }
    }
}

/// What one upload takes of its lease's share: counted from the first moment, and free again when this value goes.
package struct UploadPlace: ~Copyable, Sendable {
    private let lease: LeaseID
    private let room: UploadRoom
    private var bytes: UInt64 = 0
    /// What others were promised, and the bytes at which it is added up again.
    private var promised = (bytes: UInt64(0), until: UInt64(0))

    /// - Throws: `AgentError.noRoom` when as many are on their way as may be.
    init(_ lease: LeaseID, in room: UploadRoom) throws(AgentError) {
        try room.enter(lease)
        (self.lease, self.room) = (lease, room)
    }

    deinit { room.leave(lease, bytes) }

    /// Takes more room.
    ///
    /// - Throws: `AgentError.noRoom` when the lease or the disk has none.
    mutating func grow(by more: UInt64) throws(AgentError) {
        try room.grow(lease, by: more)
        let written = bytes
        bytes = bytes.saturatingSum(more)
        if written >= promised.until {
            promised = (try room.promised(besides: lease), written.saturatingSum(AgentLimits.uploadLookBytes))
        }
        try room.check(free: try room.freeBytes(), promised: promised.bytes, more)
    }
}
