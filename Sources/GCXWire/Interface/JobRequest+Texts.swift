import GCXModel

extension JobRequest {
    /// Looks at every text of the request before anything is done with it.
    ///
    /// - Throws: ``AgentError/badRequest(_:)`` that names the field.
    package func checkTexts() throws(AgentError) {
        try Self.check("command", command)
        try Self.check("environment", environment.flatMap { [$0.key, $0.value] })
        // A program gets each with a zero byte behind it.
        // bounded here: joins lists; the request is in memory
        let words = command + environment.flatMap { [$0.key, $0.value] }
        guard words.reduce(0, { $0 + $1.utf8.count + 1 }) <= WireLimits.commandBytesMax else {
            throw .badRequest(
                "command and environment are longer than \(NumberText.count(WireLimits.commandBytesMax, "byte"))")
        }
        guard !environment.keys.contains(where: { $0.isEmpty || $0.contains("=") }) else {
            throw .badRequest("the field `environment` has a name that is empty or holds `=`")
        }
        try Self.check("workingDirectory", Untrusted(workingDirectory ?? "/"), bytesMax: WireLimits.pathBytesMax)
        guard workingDirectory?.hasPrefix("/") ?? true else {
            throw .badRequest("the field `workingDirectory` does not begin with `/`")
        }
        try Self.check("imageReference", imageReference ?? "", bytesMax: WireLimits.imageReferenceBytesMax)
    }

    /// What goes to a program may hold anything but what ends a word there.
    private static func check(_ field: String, _ words: [String]) throws(AgentError) {
        guard !words.contains(where: { $0.utf8.contains(0) }) else {
            throw .badRequest("the field `\(field)` holds a zero byte, which cannot be passed to a program")
        }
    }

    /// What people are shown.
    private static func check(_ field: String, _ text: Untrusted, bytesMax: Int) throws(AgentError) {
        guard text.byteCount <= bytesMax else {
            throw .badRequest("the field `\(field)` is longer than \(NumberText.count(bytesMax, "byte"))")
        }
        if let refusal = text.refusal { throw .badRequest("the field `\(field)` \(refusal)") }
    }
}
