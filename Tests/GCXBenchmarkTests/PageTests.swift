import Foundation
import GCXBenchmark
import GCXModel
import Testing

@Suite("The report as a page and as Markdown")
struct PageTests {
    private static let hostile = "</pre><script>alert(1)</script>\"'&\u{1B}"

    private static func subject(_ text: String) -> BenchmarkSubject {
        BenchmarkSubject(
            title: text, measuredAt: 1_700_000_000, facts: [("kernel", text), ("none", nil)], topology: text)
    }

    private static func report(_ text: String = "p") -> BenchmarkReport {
        var foreign = Fixtures.axis()
        foreign.name = text
        return Fixtures.report([Fixtures.axis(), Fixtures.axis(.memoryRead), foreign], problems: [text])
    }

    @Test("nothing that came from the machine is markup")
    func escaped() {
        let html = Page(Self.report(Self.hostile), Self.subject(Self.hostile)).html
        #expect(!html.contains("<script") && !html.contains("\u{1B}") && html.contains("&lt;script&gt;"))
        let markdown = Self.report(Self.hostile + "|").markdown(Self.subject(Self.hostile))
        #expect(!markdown.contains("<script") && markdown.contains("\\|"))
    }

    @Test("no text of a stranger steers what shows a report, in a table, a page or Markdown")
    func steered() throws {
        let evil =
            "a\u{1B}]0;x\u{7}\u{9B}31m\u{202E}\u{200B}\r\n# head\n| cell | ![i](http://localhost) `code` **b** <img src=x>"
        let (report, subject) = (Self.report(evil), Self.subject(evil))
        let page = Page(report, subject).html
        let markdown = report.markdown(subject)
        let table = report.table(width: 200, colour: false)
        for (name, text) in [("page", page), ("Markdown", markdown), ("table", table)] {
            let hidden = text.unicodeScalars.filter { $0 != "\n" && PlainText.isHidden($0) }
            #expect(hidden.isEmpty, "\(name) holds \(hidden)")
            #expect(text.contains("head"), "\(name) shows the text")
        }
        #expect(!page.contains("<img"))
        #expect(!markdown.split(separator: "\n").contains { $0.hasPrefix("#") || $0.hasPrefix("| cell") })
        // What stands behind a backslash is text; what we write ourselves is bold, and in a table.
        let obeyed = markdown.replacing(try Regex(#"\\."#), with: "")
        for sign in ["[", "`", "#", "<", "**b"] { #expect(!obeyed.contains(sign), "Markdown holds \(sign)") }
    }

    @Test("the page fetches nothing, runs nothing, and is well-formed where it holds drawings")
    func standsAlone() throws {
        let html = Page(Self.report(), Self.subject("m")).html
        for banned in ["http:", "https:", "url(", "@import", "<link", "<img", "<script", "NaN", "inf\""] {
            #expect(!html.contains(banned), "found \(banned)")
        }
        #expect(
            html.contains("Roofline") && html.contains("prefers-color-scheme:dark") && html.contains("@media print"))
        for tag in ["svg", "section", "table", "tr", "td", "figure"] {
            #expect(
                html.ranges(of: "<\(tag)").count >= html.ranges(of: "</\(tag)>").count && html.contains("</\(tag)>"))
        }
        #expect(html.ranges(of: "<figure>").count == 3)
    }

    @Test("a latency curve is drawn with a dot for every size, and one that is no line is left out")
    func latency() {
        var report = Self.report()
        #expect(!Page(report, Self.subject("m")).html.contains("<h2>Latency"))
        let points = (12...20).map { Curve.Point(workingSetBytes: 1 << $0, value: Double($0) * 100) }
        report.curves = [Curve(name: "memory.latency", unit: .picoseconds, points: points)]
        let html = Page(report, Self.subject("m")).html
        #expect(html.contains("<h2>Latency") && html.contains("64 KiB") && html.contains("1.20 ns"))
        #expect(html.ranges(of: "<circle class=\"dot\" r=\"4\"").count == points.count)
        for broken in [[points[0]], [.init(workingSetBytes: 0, value: 1), points[0]]] {
            report.curves = [Curve(name: "memory.latency", unit: .picoseconds, points: broken)]
            #expect(!Page(report, Self.subject("m")).html.contains("<h2>Latency"))
        }
    }

    /// Two packages with a node and a cache each; the first core has two threads.
    private static func shape() -> Inventory.Topology {
        var shape = Inventory.Topology(allowedPUs: PUSet([0, 1, 2]))
        shape.packages = [
            .init(osIndex: 0, model: "A <b>", pus: PUSet([0, 1])), .init(osIndex: 1, model: nil, pus: PUSet([2, 3])),
        ]
        shape.numaNodes = [.init(osIndex: 0, memoryBytes: 3 << 29, pus: PUSet([0, 1]))]
        shape.caches = [
            .init(level: 3, kind: .unified, sizeBytes: 32 << 20, lineBytes: 64, pus: PUSet([0, 1])),
            .init(level: 1, kind: .data, sizeBytes: 48 << 10, lineBytes: 64, pus: PUSet([0, 1])),
        ]
        shape.cores = [
            .init(osIndex: 0, pus: PUSet([0, 1])), .init(osIndex: 0, pus: PUSet([2])),
            .init(osIndex: 1, pus: PUSet([3])),
        ]
        return shape
    }

    @Test("the machine is drawn with every package and core, and says which were measured and which may not be used")
    func topology() {
        var subject = Self.subject("m")
        subject.shape = Self.shape()
        var report = Self.report()
        report.processors.used = [0]
        let html = Page(report, subject).html
        #expect(html.contains("package 0 A &lt;b&gt; · NUMA node 0, 1.5 GiB") && html.contains("package 1"))
        #expect(html.contains("<p>L3 32 MiB</p>") && html.contains("L1d 48 KiB"))
        #expect(html.ranges(of: "class=\"core").count == 3 + 2, "three cores in two rows")
        #expect(html.ranges(of: "class=\"core used\"").count == 1 && html.ranges(of: "class=\"core off\"").count == 1)
        subject.shape?.packages = []
        #expect(!Page(report, subject).html.contains("class=\"core"))
    }

    @Test("a report without bandwidth has no roofline, and one without anything is still a page")
    func partial() {
        #expect(!Page(Fixtures.report([Fixtures.axis()]), Self.subject("m")).html.contains("Roofline"))
        #expect(Page(Fixtures.report([]), Self.subject("m")).html.hasSuffix("</html>\n"))
    }

    @Test(
        "days are named as calendars name them",
        arguments: [
            (0, "1970-01-01 00:00 UTC"), (951_782_399, "2000-02-28 23:59 UTC"), (951_782_400, "2000-02-29 00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59 UTC"), (1_735_689_600, "2025-01-01 00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ])
    func date(seconds: UInt64, text: String) { #expect(BenchmarkSubject.date(seconds) == text) }
}
