import GCXModel
import GCXWire
import Synchronization

// dictionaries: drafts

/// Uploads that may be gone on with: the last one of each kind that was begun for a lease, for as long as it is worth the room.
final class UploadShelf: Sendable {
    private struct Place: Hashable {
        let lease: LeaseID
        let kind: UploadKind
    }

    private let kept: Duration
    private let drafts = Mutex<[Place: UploadDraft]>([:])

    init(kept: Duration = AgentLimits.uploadKept) { self.kept = kept }

    /// The upload that was begun with this digest.
    func find(_ digest: String, _ kind: UploadKind, _ lease: LeaseID) -> UploadDraft? {
        let found = drafts.withLock { drafts in drafts[Place(lease: lease, kind: kind)] }
        return found?.digest == digest ? found : nil
    }

    /// Keeps an upload, in place of the one before.
    func put(_ draft: UploadDraft, _ kind: UploadKind, _ lease: LeaseID) {
        let place = Place(lease: lease, kind: kind)
        let before = drafts.withLock { drafts in drafts.updateValue(draft, forKey: place) }
        Self.release(before)
    }

    /// Nobody goes on with this one any more.
    func remove(_ draft: UploadDraft, _ kind: UploadKind, _ lease: LeaseID) {
        let place = Place(lease: lease, kind: kind)
        drafts.withLock { drafts in if drafts[place] === draft { drafts[place] = nil } }
    }

    func removeAll(of lease: LeaseID) { remove { place, _ in place.lease == lease } }

    /// Lets go of those that have not moved for long.
    func removeOld() {
        let now = SuspendingClock.now
        remove { _, draft in draft.movedAt.duration(to: now) > kept }
    }

    private func remove(where isOver: (Place, UploadDraft) -> Bool) {
        let gone = drafts.withLock { drafts in
            let gone = drafts.filter { isOver($0.key, $0.value) }
            for place in gone.keys { drafts[place] = nil }
            return gone
        }
        Self.release(gone)
    }

    /// What goes tells the room of it, which must not happen behind our lock.
    private static func release(_ gone: some Any) {}
}
