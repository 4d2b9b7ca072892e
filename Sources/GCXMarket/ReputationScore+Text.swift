import GCXModel

/// A score as people read it.
extension ReputationScore {
    /// `4.9 of 5`, rounded down.
    package var stars: String { "\(milliStars / 1_000).\(milliStars % 1_000 / 100) of 5" }

    /// Stars, how many independent counterparts are behind them, and whether something is marked: for one cell of a table.
    package var brief: String {
        raters == 0 && marks.isEmpty ? "\(stars), unrated" : "\(stars) by \(raters)\(marks.isEmpty ? "" : ", marked")"
    }

    /// Everything, one sentence a line.
    package var lines: [String] {
        let words = "\(milliWords / 1_000).\(milliWords % 1_000 / 100)"
        // bounded: below an hour, times ten
        let hours = "\(seconds / 3_600).\(seconds % 3_600 * 10 / 3_600)"
        var lines = [
            "\(stars) by \(NumberText.count(raters, "independent counterpart")), with a weight of \(NumberText.count(words, "full word")); "
                + "\(NumberText.count(settledLeases, "lease")) settled",
            "behind it: \(NumberText.amount(stayed)) that stayed paid, \(NumberText.count(hours, "hour")) of use",
        ]
        if weightless > 0 {
            lines.append(
                "left out: \(NumberText.count(weightless, "rating")) behind which too little money stayed or too little time was used"
            )
        }
        lines.append(contentsOf: marks.map { "marked: \($0)" })
        return lines
    }

    /// What should make a reader careful.
    package var marks: [String] {
        var marks: [String] = []
        if withItself > 0 {
            marks.append(
                "deals with itself: \(NumberText.count(withItself, "rating", one: "is by its own keys and counts", many: "are by its own keys and count")) nothing"
            )
        }
        if returned > .zero {
            marks.append(
                "money goes round: \(NumberText.amount(returned)) came back to those who paid them and count nothing")
        }
        return marks
    }
}
