/// A set of processing units by their kernel numbers, written in the kernel's list format: `0-3,8`.
package struct PUSet: Hashable, Sendable, CustomStringConvertible {
    /// Kernel numbers, ascending, each once.
    package let indexes: [Int]

    package init(_ indexes: some Sequence<Int>) {
        self.indexes = Set(indexes).sorted()
    }

    /// Reads the kernel's list format (`Documentation/admin-guide/cputopology`); nil when it is none, empty for an empty text.
    ///
    /// A list that names more units than a kernel can have is none: it would name some again and again.
    ///
    /// - Complexity: O(n log n) in the units named, at most ``InventoryLimits/puIndexMax``.
    package init?(list text: some StringProtocol) {
        var indexes: [Int] = []
        // Around the list and its parts; a blank within a number is no digit left out.
        let list = text.trimmingBlanks
        for part in list.isEmpty ? [] : list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let range = Self.range(part.trimmingBlanks) else { return nil }
            guard indexes.count <= InventoryLimits.puIndexMax else { return nil }
            indexes.append(contentsOf: range)
        }
        self.init(indexes)
    }

    private static func range(_ part: Substring) -> ClosedRange<Int>? {
        let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { Int(digits: $0) }
        guard bounds.count <= 2, let first = bounds.first ?? nil, let last = bounds.last ?? nil else { return nil }
        guard 0 <= first, first <= last, last <= InventoryLimits.puIndexMax else { return nil }
        return first...last  // bounded: compared above
    }

    package var count: Int { indexes.count }
    package var isEmpty: Bool { indexes.isEmpty }

    package func contains(_ index: Int) -> Bool {
        indexes.contains(index)
    }

    package func intersection(_ other: PUSet) -> PUSet {
        PUSet(Set(indexes).intersection(other.indexes))
    }

    package func union(_ other: PUSet) -> PUSet {
        PUSet(indexes + other.indexes)  // bounded: joins two lists
    }

    package func isSubset(of other: PUSet) -> Bool {
        Set(indexes).isSubset(of: other.indexes)
    }

    package func isDisjoint(with other: PUSet) -> Bool {
        Set(indexes).isDisjoint(with: other.indexes)
    }

    /// The kernel's list format, `0-3,8`.
    package var description: String {
        var runs: [(first: Int, last: Int)] = []
        for index in indexes {
            if let run = runs.last, run.last == index.advanced(by: -1) {
                runs[runs.count - 1].last = index  // bounded: there is a last one
            } else {
                runs.append((index, index))
            }
        }
        return runs.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(separator: ",")
    }
}

extension StringProtocol {
    /// Without white space at the ends.
    fileprivate var trimmingBlanks: Substring {
        let begun = Substring(self).drop { $0.isWhitespace }
        return begun.prefix(begun.reversed().drop { $0.isWhitespace }.count)
    }
}

extension PUSet: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let set = PUSet(list: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(PlainText.excerpt(text))” is no list of PUs such as 0-3,8")
        }
        self = set
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
