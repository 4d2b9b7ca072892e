/// What a hostile job tries, and what stops it. A script that gets through says ESCAPED.
package struct Attack: Sendable {
    package let tries: String
    /// Run by the job's shell; unless `program` is named.
    package let script: String
    package let stoppedBy: String
    /// Stands in what the job wrote, when it was stopped by that. Empty: being ended leaves no time for words.
    package let evidence: String
    /// The job's first process, in place of a shell.
    package var program: [String]?

    package init(_ tries: String, _ script: String, by stoppedBy: String, _ evidence: String) {
        (self.tries, self.script, self.stoppedBy, self.evidence) = (tries, script, stoppedBy, evidence)
    }

    /// All of them. Calls are made by their numbers, which are those of x86-64.
    package static func all(against host: HostileHost) -> [Attack] {
        #if arch(x86_64)
            let calls = HostileCalls.all + HostileFloods.calls
        #else
            let calls: [Attack] = []
        #endif
        return calls + HostileTools.kernelFiles + HostileTools.files + HostileTools.processes
            + HostileTools.network(listening: host.port) + HostileEscapes.all(from: host) + HostileFloods.all
    }
}

/// Does something in Perl that must fail, and says with which errno.
func perl(_ expression: String) -> String {
    "perl -e 'print ((\(expression)) ? \"ESCAPED\\n\" : \"errno \".($!+0).\"\\n\")'"
}
