/// The report as one page that stands alone: no script, nothing fetched, light and dark, printable.
package struct Page: Sendable {
    private let report: BenchmarkReport
    private let subject: BenchmarkSubject

    package init(_ report: BenchmarkReport, _ subject: BenchmarkSubject) {
        self.report = report
        self.subject = subject
    }

    /// The document. Whatever came from the machine is escaped.
    package var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>gcx bench: \(Markup.escaped(subject.title))</title>
        <style>\(Self.style)</style></head><body><main>
        \(header)
        \(charts)
        \(table)
        \(scatters)
        \(disturbances)
        \(topology)
        </main></body></html>

        """
    }

    private var header: String {
        let facts = subject.lines.map { "<dt>\(Markup.escaped($0.name))</dt><dd>\(Markup.escaped($0.value))</dd>" }
        return """
            <header><h1>\(Markup.escaped(subject.title))</h1><p class="sub">\(Markup.escaped(report.headline))</p>
            <dl>\(facts.joined())</dl></header>
            """
    }

    private var table: String {
        let rows = report.groups.map { group, axes in
            "<tr class=\"group\"><th colspan=\"6\">\(group.rawValue)</th></tr>" + axes.map(row).joined()
        }
        return """
            <section><h2>Figures</h2><table><thead><tr><th>benchmark</th><th class="n">figure</th><th class="n">spread</th>\
            <th class="n">samples kept</th><th>of physical limit</th><th></th></tr></thead><tbody>\(rows.joined())</tbody></table></section>
            """
    }

    private func row(_ axis: AxisResult) -> String {
        let width = Quantity.fixed(100 * min(1, max(0, axis.limitShare ?? 0)), decimals: 1)  // bounded: of Doubles
        let bar =
            axis.limitShare == nil
            ? ""
            : "<div class=\"bar\"><i style=\"width:\(width)%\"></i></div>"
        let mark = axis.steady ? "" : " <span class=\"mark\">unsteady</span>"
        return
            "<tr\(axis.steady ? "" : " class=\"unsteady\"")><td>\(Markup.escaped(axis.title))\(mark)<br><code>\(Markup.escaped(axis.name))</code></td>"
            + "<td class=\"n\"><b>\(Markup.escaped(axis.figure))</b></td><td class=\"n\">\(axis.spreadText)</td>"
            + "<td class=\"n\">\(axis.runs)</td><td>\(bar)</td><td class=\"n\">\(axis.limitText)</td></tr>"
    }

    /// Side by side where there is room.
    private var charts: String {
        let charts = roofline + latencies  // bounded: joins texts
        return charts.isEmpty ? "" : "<div class=\"pair\">\(charts)</div>"
    }

    private var latencies: String {
        let charts = (report.curves ?? []).compactMap(LatencyChart.init).map(\.svg)
        guard !charts.isEmpty else { return "" }
        return
            "<section class=\"chart\"><h2>Latency</h2><p class=\"sub\">What a load takes that waits for the one before, over the size of what it walks through. A step is where a cache ends.</p>\(charts.joined())</section>"
    }

    private var roofline: String {
        guard let roofline = Roofline(report) else { return "" }
        return
            "<section class=\"chart\"><h2>Roofline</h2><p class=\"sub\">What a program can reach, by how many operations it does for each byte it moves.</p>\(roofline.svg)</section>"
    }

    private var scatters: String {
        let charts = report.axes.filter { $0.samples.count > 1 }.map {
            "<figure>\(SampleScatter(axis: $0).svg)<figcaption>\(Markup.escaped($0.title))</figcaption></figure>"
        }
        guard !charts.isEmpty else { return "" }
        return
            "<section><h2>Samples</h2><p class=\"sub\">In the order taken. Hollow: interrupted, and repeated. Line: the figure.</p><div class=\"grid\">\(charts.joined())</div></section>"
    }

    private var disturbances: String {
        let lines =
            report.axes.compactMap { axis in
                axis.verdict.map { "<li><b>\(Markup.escaped(axis.title))</b>: \(Markup.escaped($0))</li>" }
            } + report.circumstances.map { "<li>\(Markup.escaped($0))</li>" }  // bounded: joins texts
            // bounded: joins lists
            + report.problems.map { "<li class=\"unsteady\">failed: \(Markup.escaped($0))</li>" }
        let body = lines.isEmpty ? "<p>Nothing disturbed this run beyond its bounds.</p>" : "<ul>\(lines.joined())</ul>"
        return "<section><h2>Circumstances and disturbances</h2>\(body)</section>"
    }

    private var topology: String {
        let drawing = subject.shape.flatMap { TopologyDrawing($0, used: report.processors.used) }?.html
        let text = subject.topology.map { "<pre>\(Markup.escaped($0))</pre>" }
        let parts = [drawing, text].compactMap(\.self)
        return parts.isEmpty ? "" : "<section><h2>Machine</h2>\(parts.joined())</section>"
    }
}

/// Text as HTML and SVG want it.
enum Markup {
    /// No character is left that means anything in text or in a quoted attribute.
    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n": result += "\n"
            default: result += TextLayout.harmless(String(character))  // bounded: joins texts
            }
        }
    }
}
