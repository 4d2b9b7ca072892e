import GCXMarket
import GCXModel

/// A match as text.
enum MatchText {
    static func fields(_ result: MatchResult, explain: Bool) -> TextFields {
        var fields = TextFields()
        for match in result.matches {
            fields.add("match", "\(match.offer)  \(Display.amount(match.hourly)) an hour in full use")
            for line in ConductText.unused(match) { fields.add("", "unused: \(line)") }
        }
        if result.matches.isEmpty { fields.add("", "no offer serves this demand; --explain says why") }
        guard explain else { return fields }
        for rejection in result.rejected {
            fields.add("no", "\(rejection.offer)")
            for reason in rejection.reasons { fields.add("", "\(reason)") }
        }
        return fields
    }
}
