import Foundation
import FoundationEssentials
import GCXLinux
import Testing

@testable import GCXSandbox

@Suite("The table of what a job makes of an image")
struct ImagesTableTests {
    /// Rows of a table of `Images.md`, below the heading.
    private func rows(below heading: String) throws -> [[String]] {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = try Files.text("\(root)/Sources/GCXSandbox/GCXSandbox.docc/Images.md")
        let part = try #require(text.split(separator: "\n## ").first { $0.hasPrefix(heading) })
        return part.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test("names every kind that the code knows, and no other, with the same fate")
    func kinds() throws {
        let rows = try rows(below: "Kinds of documents")
        let written = rows.map { ($0[0].replacing("`", with: ""), $0[1]) }
        #expect(
            Dictionary(uniqueKeysWithValues: written) == MediaType.known.mapValues(\.rawValue))
    }

    @Test("names every field that the code knows, and no other, with the same fate and a test that is there")
    func fields() throws {
        let rows = try rows(below: "Fields")
        var written: [String: [String: String]] = [:]
        for row in rows {
            let words = row[0].replacing("`", with: "").split(separator: ": ").map(String.init)
            written[words[0], default: [:]][words[1]] = row[1]
        }
        #expect(written == ImageField.known.mapValues { $0.mapValues(\.rawValue) })
        let folder = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let tests = try Files.names(in: folder).map { try Files.text("\(folder)/\($0)") }.joined()
        for row in rows { #expect(tests.contains("\"\(row[row.count - 1])\""), "no test is called \(row)") }
    }
}
