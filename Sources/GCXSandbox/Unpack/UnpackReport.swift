package import GCXLinux
import GCXModel

/// What `gcx-unpack` says at its end. It has read a stranger's bytes, so nothing in it is believed beyond its bounds.
package struct UnpackReport: Codable, Sendable {
    package enum Outcome: String, Codable, Sendable {
        case done
        /// An entry may not be made.
        case refused
        /// A bound was reached.
        case tooLarge
        /// It is no archive, or a damaged one.
        case damaged
        /// The machine failed.
        case failed
    }

    package var outcome = Outcome.done
    package var entries = 0
    /// Bytes of all files, holes included.
    package var bytes: UInt64 = 0
    /// The entry that ended it, and why; what the bound is about.
    package var entry: String?
    package var reason: String?
    package var limit: UInt64?
    /// What the kernel said, for what failed.
    package var errno: Int32?
    /// How many entries were left out, and the first of them.
    package var leftOutCount = 0
    package var leftOut: [LeftOut] = []
    /// SHA-256 of each archive, 64 hexadecimal digits.
    package var digests: [String] = []
    /// What the image's tables say of who was asked for.
    package var found: Users?
    /// What there is to say of the program that was asked about.
    package var program: ProgramFinding?
    /// Bytes of the disk.
    package var diskBytes: UInt64 = 0
    package var standing: Walls.Standing?
    /// What got through the walls.
    package var breaches: [String] = []

    package init() {}

    /// Lines of an image's tables, in numbers; nil for what is in none.
    package struct Users: Codable, Equatable, Sendable {
        package var user: UInt32?
        /// The group of the user.
        package var ownGroup: UInt32?
        /// The group that was asked for.
        package var group: UInt32?
        /// Groups that name the user as a member, each once: at most one more than ``SandboxLimits/groupsMax``.
        package var memberOf: [UInt32] = []
        /// False when no table of users was found that could be read, so that nothing is known of anybody.
        package var hasTable = true

        package init(user: UInt32? = nil, ownGroup: UInt32? = nil, group: UInt32? = nil) {
            (self.user, self.ownGroup, self.group) = (user, ownGroup, group)
        }
    }

    /// An entry that was not made, or not packed.
    package struct LeftOut: Codable, Equatable, Sendable {
        package var name: String
        package var reason: String

        package init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }
}

extension UnpackReport {
    /// Text of a stranger made fit for an error: short, and without what a terminal would obey.
    package static func shown(_ text: some Collection<UInt8>) -> String {
        shown(String(decoding: text, as: UTF8.self))
    }

    package static func shown(_ text: String) -> String {
        PlainText.excerpt(text, charactersMax: SandboxLimits.entryNameShownMax)
    }

    /// The same report with its texts made fit, or nil when it says what cannot be.
    func bounded(by order: UnpackOrder) -> UnpackReport? {
        guard entries >= 0, entries <= order.limits.entriesMax, bytes <= order.limits.bytesMax, leftOutCount >= 0,
            leftOut.count <= min(SandboxLimits.leftOutShownMax, leftOutCount),
            digests.allSatisfy({ $0.utf8.count == 64 && $0.allSatisfy("0123456789abcdef".contains) })
        else { return nil }
        if outcome == .done, order.verb == .digest, digests.count != order.archives { return nil }
        var fit = self
        fit.entry = entry.map(Self.shown)
        fit.reason = reason.map(Self.shown)
        fit.program = program?.fit
        if (found?.memberOf.count ?? 0) > SandboxLimits.groupsMax + 1 { return nil }  // bounded: a constant and one
        fit.leftOut = leftOut.map { LeftOut(name: Self.shown($0.name), reason: Self.shown($0.reason)) }
        return fit
    }
}
