package import GCXModel
import Glibc

/// The kernel and the distribution around it. Source: `/proc/sys/kernel`, `/etc/os-release`, `uname`.
package enum KernelSource {
    package static func read(_ root: SystemRoot) -> Inventory.Kernel? {
        guard let release = root.word("proc/sys/kernel/osrelease") else { return nil }
        var kernel = Inventory.Kernel(release: release)
        kernel.architecture = root.word("proc/sys/kernel/arch") ?? (root.isLive ? architecture() : nil)
        kernel.bootID = root.word("proc/sys/kernel/random/boot_id")
        kernel.distribution = root.text("etc/os-release").flatMap(parseDistribution)
        return kernel
    }

    /// PRETTY_NAME of os-release(5).
    package static func parseDistribution(_ text: String) -> String? {
        let name = NetworkSource.fields(ofEvent: text)["PRETTY_NAME"].map { $0.filter { $0 != "\"" } }
        return name.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `/proc/sys/kernel/arch` came with Linux 6.1.
    private static func architecture() -> String? {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return nil }
        return unsafe withUnsafePointer(to: &names.machine) { pointer in
            unsafe pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                unsafe String(cString: $0)
            }
        }
    }
}
