import GCXLinux

/// The profile of jobs, where this machine has AppArmor and the profile is loaded.
///
/// Landlock is left to the job itself, whose filter lets it through: for gcx it would only say again what the mounts say.
enum AppArmor {
    /// `Config/apparmor.d/gcx-job`, which an installation puts into `/etc/apparmor.d`.
    static let profile = "gcx-job"

    /// The profile when jobs can be put under it; nil without AppArmor, or when it is not loaded or only complains.
    static func loadedProfile(list: String = "/sys/kernel/security/apparmor/profiles") -> String? {
        guard let text = Files.lineIfPresent(list) else { return nil }
        return text.split(separator: "\n").contains("\(profile) (enforce)") ? profile : nil
    }
}
