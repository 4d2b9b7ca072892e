import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire

extension JobFacts {
    init(_ plan: JobPlan) {
        self.init(
            imageDigest: plan.imageDigest.map { Untrusted($0) }, runtime: Untrusted(plan.runtime.reason),
            firstHostID: plan.ids.base, resources: plan.spec.resources, wallSecondsMax: plan.spec.wallSecondsMax,
            logBytesMax: plan.spec.logBytesMax, openFilesMax: plan.openFilesMax,
            appArmorProfile: plan.appArmorProfile.map { Untrusted($0) })
    }
}
