import GCXBenchmark
import GCXLinux
import Glibc

/// A line on standard error while the probe works: bar, axis under way, time left. Nothing off a terminal.
///
/// The probe's lines `axis NAME` on its standard error say which axis is under way; a probe that says nothing is given time
/// alone. The time left is what the run may still take at the most, for a quiet machine ends sooner.
final class BenchProgress {
    /// The last thing the probe said that was no progress.
    private(set) var complaint = ""
    private let plan: BenchmarkPlan
    private let begin = BootClock.now()
    private let isShown = isatty(STDERR_FILENO) == 1 && Environment.value("TERM") != "dumb"
    private var axis: Int?
    private var drawn = ""

    init(plan: BenchmarkPlan) { self.plan = plan }

    /// A line of the probe's standard error.
    func hear(_ line: String) {
        let words = line.split(separator: " ")
        // bounded here: two words, counted first
        if words.count == 2, words[0] == "axis", let place = plan.axes.firstIndex(of: String(words[1])) {
            axis = place
        } else if words.count == 2, words[0] == "memory", let bytes = UInt64(words[1]) {
            announce(bytes)
        } else if !line.isEmpty {
            complaint = line
        }
    }

    /// What the run will take, before it takes it.
    private func announce(_ bytes: UInt64) {
        guard isShown else { return }
        clear()
        let disk =
            plan.axes.contains { $0.hasPrefix("storage.") }
            ? ", writes up to \(Display.bytes(plan.bytesMax)) in \(plan.directory) and leaves nothing" : ""
        Terminal.complain("holds up to \(Display.bytes(bytes)) of memory\(disk)")
    }

    /// Writes the line again where it changed.
    func draw() {
        guard isShown else { return }
        let seconds = Double(BootClock.now() - begin) / 1e9  // bounded: of a clock that only goes on
        let line = Self.line(plan, seconds: seconds, axis: axis, width: Self.width)
        guard line != drawn else { return }
        drawn = line
        Terminal.replaceLine(line, on: STDERR_FILENO)
    }

    /// Leaves the terminal as it was.
    func clear() {
        if !drawn.isEmpty { Terminal.replaceLine("", on: STDERR_FILENO) }
        drawn = ""
    }

    /// The line as a function of what is known, no wider than `width`.
    static func line(_ plan: BenchmarkPlan, seconds: Double, axis: Int?, width: Int) -> String {
        // bounded here: seconds up to `secondsMax`, a place in the list of axes, and the width of a terminal
        let left = Int(max(0, plan.seconds - seconds).rounded(.up))
        let time = left > 0 ? "at most about \(left) s left" : "any moment now"
        // By axes where they are known, for those that agree early end early.
        let share = axis.map { Double($0) / Double(plan.axes.count) } ?? seconds / plan.seconds
        let name = axis.map { BenchmarkRegistry.benchmark(named: plan.axes[$0])?.title ?? plan.axes[$0] }
        let place = axis.map { "\($0 + 1) of \(plan.axes.count), " } ?? ""
        let text = "\(name ?? "measuring"): \(place)\(time)"
        let bar = BarStyle.blocks.bar(share, width: max(0, min(24, width - text.count - 3)))
        return String("\(bar) \(text)".prefix(max(0, width - 1)))
    }

    private static var width: Int {
        var size = winsize()
        // bounded here: a constant of the kernel, and 16 bits
        let isKnown = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }
}
