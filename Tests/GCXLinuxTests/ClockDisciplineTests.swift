import Testing

@testable import GCXLinux

@Suite("Who keeps the clock right")
struct ClockDisciplineTests {
    @Test("the kernel's word is the one that adjtimex(8) shows", .enabled(if: Self.shown != nil, "needs adjtimex"))
    func status() throws { #expect(ClockDiscipline.isSynchronised == Self.shown) }

    @Test("asking changes nothing, and is answered the same a moment later")
    func again() { #expect(ClockDiscipline.isSynchronised == ClockDiscipline.isSynchronised) }

    /// STA_UNSYNC is 64.
    private static let shown: Bool? = {
        guard ChildProcess.find("adjtimex") != nil,
            let text = try? ChildProcess("adjtimex", ["--print"]).run(),
            let line = text.split(separator: "\n").first(where: { $0.contains("status:") }),
            let status = line.split(separator: " ").last.flatMap({ Int($0) })
        else { return nil }
        return status & 64 == 0
    }()
}
