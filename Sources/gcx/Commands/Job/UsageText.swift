import GCXModel
import GCXWire

/// What a job used over its life, as a picture.
struct UsageText {
    let report: JobReport

    /// CPU and memory over the life of the job, one character for each part of it.
    var lines: [String] {
        let points = report.usage.points
        guard points.count > 1, let first = points.first, let last = points.last,
            last.bootNanoseconds > first.bootNanoseconds
        else { return [] }
        // bounded here: more than one point; the smaller from the larger, compared first; a column is below the width
        let width = min(Self.columns, points.count - 1)
        let span = last.bootNanoseconds - first.bootNanoseconds
        var cpu = [UInt64](repeating: 0, count: width)
        var memory = [UInt64](repeating: 0, count: width)
        // The agent's word: points may be in any order.
        for (from, to) in zip(points, points.dropFirst())
        where from.bootNanoseconds >= first.bootNanoseconds && to.bootNanoseconds > from.bootNanoseconds {
            let length = to.bootNanoseconds - from.bootNanoseconds
            let middle = from.bootNanoseconds - first.bootNanoseconds + length / 2
            let column = Int(min(UInt128(width - 1), UInt128(middle) * UInt128(width) / UInt128(span)))
            let used = to.cpuNanoseconds >= from.cpuNanoseconds ? to.cpuNanoseconds - from.cpuNanoseconds : 0
            let rate = UInt64(clamping: UInt128(used) * 1_000 / UInt128(length))
            cpu[column] = max(cpu[column], rate)
            memory[column] = max(memory[column], to.memoryBytes ?? 0)
        }
        let most = UInt64(report.terms.resources.cores) * 1_000
        return [
            "CPU     \(Self.bars(cpu, most: most))  of \(Display.count(report.terms.resources.cores, "core"))",
            "memory  \(Self.bars(memory, most: report.terms.resources.memoryBytes))  of \(Display.bytes(report.terms.resources.memoryBytes))",
            "        \(Display.seconds(span)) from left to right",
        ]
    }

    /// Columns of the graph: with its legend it fits a terminal of 60.
    private static let columns = 36

    private static func bars(_ values: [UInt64], most: UInt64) -> String {
        let steps = Array(" ▁▂▃▄▅▆▇█")
        return String(
            values.map { value in
                // A little is never shown as nothing.
                // bounded here: of 64 bits in 128; there are steps, and the place is at most the last
                let step = UInt64(steps.count - 1)
                let scaled = most == 0 ? 0 : (UInt128(value) * UInt128(step) + UInt128(most) / 2) / UInt128(most)
                return steps[Int(min(UInt128(step), max(scaled, value > 0 ? 1 : 0)))]
            })
    }
}
