/// What somebody may have meant who wrote a word that nobody knows.
package enum Nearest {
    /// The known word that takes the fewest changes of letters, or the only one that begins so; nil where none is near.
    ///
    /// - Complexity: O(words × product of the lengths).
    package static func word(to word: String, among known: some Collection<String>) -> String? {
        let longer = known.filter { word.count > 1 && $0.hasPrefix(word) }
        if longer.count == 1, let only = longer.first { return only }
        // A third of the letters may be wrong, two of a short word, and one of a very short one.
        let most = max(word.count / 3, word.count > 3 ? 2 : 1)
        let found = known.map { (word: $0, changes: changes(from: word, to: $0)) }
            .min { ($0.changes, $0.word) < ($1.changes, $1.word) }
        return found.flatMap { $0.changes <= most ? $0.word : nil }
    }

    /// Letters to insert, to drop, to change, or to swap with the next one, until one word is the other.
    package static func changes(from left: String, to right: String) -> Int {
        // bounded here: places in rows of one more than the letters of the right word, and lengths of words in memory
        let (left, right) = (Array(left), Array(right))
        var (before, row) = ([Int](), Array(0...right.count))
        for (line, a) in left.enumerated() {
            var next = [line + 1]
            for (column, b) in right.enumerated() {
                var least = min(row[column] + (a == b ? 0 : 1), next[column] + 1, row[column + 1] + 1)
                if line > 0, column > 0, a == right[column - 1], b == left[line - 1] {
                    least = min(least, before[column - 1] + 1)
                }
                next.append(least)
            }
            (before, row) = (row, next)
        }
        return row[right.count]
    }
}
