/// What somebody may have meant who wrote a word that nobody knows.
package enum Nearest {
    /// The known word that takes the fewest changes of letters; nil where none is near.
    ///
    /// - Complexity: O(words × product of the lengths).
    package static func word(to word: String, among known: some Collection<String>) -> String? {
        // A third of the letters may be wrong, and two of a short word.
        let most = max(word.count / 3, 2)
        let found = known.map { (word: $0, changes: changes(from: word, to: $0)) }
            .min { ($0.changes, $0.word) < ($1.changes, $1.word) }
        return found.flatMap { $0.changes <= most ? $0.word : nil }
    }

    /// The Levenshtein distance of two words.
    package static func changes(from left: String, to right: String) -> Int {
        // bounded here: places in a row of one more than the letters of the right word, and lengths of words in memory
        var row = Array(0...right.count)
        for (line, a) in left.enumerated() {
            var previous = row[0]
            row[0] = line + 1
            for (column, b) in right.enumerated() {
                let cost = a == b ? previous : previous + 1
                previous = row[column + 1]
                row[column + 1] = min(cost, row[column] + 1, previous + 1)
            }
        }
        return row[right.count]
    }
}
