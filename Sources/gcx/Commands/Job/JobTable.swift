import GCXModel
import GCXWire

/// Jobs as tables.
enum JobTable {
    /// - Parameter now: Unix seconds.
    static func list(_ jobs: [JobStatus], now: UInt64) -> TextTable {
        var table = TextTable(
            [
                .id("lease"), .text("state", least: 8), .number("age"), .number("ran"), .number("CPU"), .number("owed"),
                .number("vouched"), .number("claimed"), .number("receipts"), .text("command", least: 12),
            ], dropping: ["receipts", "claimed", "vouched", "ran", "CPU", "age", "owed"])
        for job in jobs {
            table.add([
                "\(job.lease)", job.stateText,
                (job.createdAt ?? job.startedAt).map { Display.age($0, now: now) } ?? "-",
                ran(job, now: now) ?? "-", Display.seconds(job.usageNow.coreNanoseconds),
                Display.money(job.amountNow),
                Display.money(job.vouched), Display.money(job.claimed), "\(job.receipts)",
                job.command?.shown ?? (job.jobs == 0 ? "-" : "(the image's own)"),
            ])
        }
        return table
    }

    /// What running jobs use now.
    static func top(_ jobs: [JobStatus]) -> TextTable {
        var table = TextTable(
            [
                .id("lease"), .text("state", least: 8), .number("cores"), .number("memory"), .number("processes"),
                .number("read/s"), .number("write/s"), .number("storage"), .number("CPU"), .number("owed"),
            ], dropping: ["processes", "write/s", "read/s", "storage", "owed", "CPU"])
        for job in jobs where job.isActive {
            let live = job.live
            table.add([
                "\(job.lease)", job.stateText, live.map { cores($0.millicores) } ?? "-", size(live?.memoryBytes),
                live?.pids.map(Display.grouped) ?? "-", size(live?.ioReadRate), size(live?.ioWriteRate),
                size(live?.storageBytes), Display.seconds(job.usageNow.coreNanoseconds), Display.money(job.amountNow),
            ])
        }
        return table
    }

    /// How long the latest job ran, or has run; nil where it never did.
    static func ran(_ job: JobStatus, now: UInt64) -> String? {
        guard let started = job.startedAt else { return nil }
        return Display.age(started, now: job.endedAt ?? now)
    }

    private static func size(_ bytes: UInt64?) -> String { bytes.map(Display.bytes) ?? "-" }

    private static func cores(_ millicores: UInt64) -> String {
        let hundredths = millicores % 1_000 / 10
        return "\(Display.grouped(millicores / 1_000)).\(hundredths < 10 ? "0" : "")\(hundredths)"
    }
}
