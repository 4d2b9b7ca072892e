import GCXLinux
import Glibc

/// The `User` of an image: `""`, `1000`, `1000:100`, `name` or `name:group`.
///
/// The tables that names stand in are files of a stranger, so this process does not open them: a child that is nobody
/// reads them, and what it says is numbers, which are checked here.
struct ImageUser {
    private let text: String
    /// Nil for none, which is root.
    private let user: String?
    private let group: String?

    init(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        (self.text, user, group) = (text, parts.first, parts.dropFirst().first)
    }

    /// True when the numbers are all there is to know.
    private var needsNoTable: Bool { user.flatMap { UInt32($0) } != nil && group.flatMap { UInt32($0) } != nil }

    /// Cost: a process when the image names its user, or a user without a group; else nothing.
    ///
    /// - Throws: ``ImageError/unknownUser(_:)`` for who is in no table, or beyond the ids of a job.
    func resolve(
        in rootfs: String, by unpacker: Unpacker, run: Unpacker.Run
    ) throws(ImageError) -> (user: UInt32, group: UInt32) {
        guard let name = user else { return (0, 0) }
        guard text.utf8.count <= SandboxLimits.userNameBytesMax else { throw .unknownUser(UnpackReport.shown(text)) }
        var found = UnpackReport.Users()
        if !needsNoTable {
            found = try unpacker.users(
                name, group: group, in: try Unpacker.directory(rootfs), label: "the image's users", run: run)
        }
        guard let user = UInt32(name, radix: 10) ?? found.user, user < IDMap.size else { throw .unknownUser(name) }
        guard let asked = group else {
            let own = found.ownGroup ?? 0
            guard own < IDMap.size else { throw .unknownUser(text) }
            return (user, own)
        }
        guard let number = UInt32(asked, radix: 10) ?? found.group, number < IDMap.size else {
            throw .unknownUser(text)
        }
        return (user, number)
    }
}
