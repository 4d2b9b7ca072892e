import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire

extension JobEvent {
    /// What happens at this moment; the store gives it its sequence.
    static func now(_ lease: LeaseID, _ kind: Kind, _ text: Untrusted) -> JobEvent {
        JobEvent(
            sequence: 0, lease: lease, wallNanoseconds: WallClock.now(), bootNanoseconds: BootClock.now(), kind: kind,
            text: text)
    }
}

extension JobFacts {
    init(_ plan: JobPlan) {
        self.init(
            imageDigest: plan.imageDigest.map { Untrusted($0) }, runtime: Untrusted(plan.runtime.reason),
            firstHostID: plan.ids.base, resources: plan.spec.resources, wallSecondsMax: plan.spec.wallSecondsMax,
            logBytesMax: plan.spec.logBytesMax, openFilesMax: plan.openFilesMax,
            appArmorProfile: plan.appArmorProfile.map { Untrusted($0) })
    }
}
