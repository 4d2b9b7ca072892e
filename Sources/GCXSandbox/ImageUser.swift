import GCXLinux
import GCXModel
import Glibc

/// The `User` of an image: `""`, `1000`, `1000:100`, `name`, `name:group`, `1000:group` or `name:100`.
///
/// The tables that names stand in are files of a stranger, so this process does not open them: a child that is nobody
/// reads them, and what it says is numbers, which are checked here.
///
/// Source: OCI image specification 1.1, `config.md`, `User`.
struct ImageUser {
    /// Who a job's processes are.
    struct Identity: Equatable {
        var user: UInt32
        var group: UInt32
        /// The group itself and, where the image names none beside the user, the groups that have the user as a member.
        var groups: [UInt32]
    }

    let text: String
    /// By name or number; the number of root for none.
    let user: String
    let group: String?

    init(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let named = parts.map { $0.isEmpty ? nil : $0 }
        (self.text, user, group) = (text, (named.first ?? nil) ?? "0", named.dropFirst().first ?? nil)
    }

    /// Who that is, by what the image's tables say.
    ///
    /// - Throws: ``ImageError/unknownUser(_:)`` for who is in no table, or beyond the ids of a job.
    func identity(_ found: UnpackReport.Users) throws(ImageError) -> Identity {
        guard let user = UInt32(user, radix: 10) ?? found.user, user < IDMap.size else { throw .unknownUser(shown) }
        if let group {
            guard let number = UInt32(group, radix: 10) ?? found.group, number < IDMap.size else {
                throw .unknownUser(shown)
            }
            return Identity(user: user, group: number, groups: [number])
        }
        let own = found.ownGroup ?? 0
        guard own < IDMap.size else { throw .unknownUser(shown) }
        guard found.memberOf.count <= SandboxLimits.groupsMax else {
            throw .unusableConfig(
                field: "User", reason: "in over \(NumberText.count(SandboxLimits.groupsMax, "group"))")
        }
        if let far = found.memberOf.first(where: { $0 >= IDMap.size }) {
            throw .unusableConfig(
                field: "User", reason: "in group \(far), beyond the \(NumberText.count(IDMap.size, "id")) of a job")
        }
        // bounded: joins lists
        return Identity(user: user, group: own, groups: [own] + found.memberOf.filter { $0 != own })
    }

    /// Whether a name stands in it, which a table has to know.
    var hasName: Bool { [user, group].compactMap(\.self).contains { UInt32($0, radix: 10) == nil } }

    /// - Throws: ``ImageError/unknownUser(_:)`` for what is too long to be anybody.
    func checkLength() throws(ImageError) {
        guard text.utf8.count <= SandboxLimits.userNameBytesMax else { throw .unknownUser(shown) }
    }

    private var shown: String { UnpackReport.shown(text) }
}
