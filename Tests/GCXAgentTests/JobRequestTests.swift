import GCXModel
import GCXWire
import Testing

/// The words of a job, before anything is done with them.
@Suite struct JobRequestTests {
    private func request(_ edit: (inout JobRequest) -> Void) -> JobRequest {
        var request = JobRequest(command: ["/bin/true"], imageFormat: .oci)
        edit(&request)
        return request
    }

    private func refusal(_ edit: (inout JobRequest) -> Void) -> String? {
        do throws(AgentError) {
            try request(edit).checkTexts()
            return nil
        } catch {
            return error.description
        }
    }

    @Test("what goes to a program may hold anything but a zero byte")
    func words() {
        #expect(refusal { $0.command = ["sh", "-c", "printf '\u{1B}[2J\u{202E}\n'"] } == nil)
        #expect(refusal { $0.environment = ["A": "\u{1B}]0;x\u{7}", "ü": ""] } == nil)
        #expect(refusal { $0.command = [] } == nil)
        #expect(refusal { $0.command = ["a", "b\0c"] }?.contains("`command` holds a zero byte") == true)
        #expect(refusal { $0.environment = ["A": "\0"] }?.contains("`environment` holds a zero byte") == true)
        #expect(refusal { $0.environment = ["A\0B": ""] }?.contains("`environment` holds a zero byte") == true)
    }

    @Test("a name in the environment is there and holds no `=`", arguments: ["", "=", "A=B"])
    func names(name: String) {
        #expect(refusal { $0.environment = [name: "1"] }?.contains("`environment` has a name") == true)
    }

    @Test("command and environment together have a bound, to the byte")
    func length() {
        let most = WireLimits.commandBytesMax
        // Each word has a byte behind it.
        #expect(
            refusal {
                ($0.command, $0.environment) = ([String(repeating: "é", count: (most - 5) / 2), "b"], ["A": ""])
            } == nil)
        #expect(refusal { $0.command = [String(repeating: "a", count: most - 1)] } == nil)
        #expect(
            refusal { $0.command = [String(repeating: "a", count: most)] }?.contains(
                "longer than \(NumberText.count(most, "byte"))")
                == true)
        #expect(
            refusal { $0.environment = ["A": String(repeating: "a", count: most)] }?.contains("longer than") == true)
        #expect(refusal { $0.command = [String](repeating: "", count: most + 1) }?.contains("longer than") == true)
    }

    @Test(
        "what people are shown holds nothing that a terminal obeys, and has a bound",
        arguments: ["\u{1B}[2J", "a\nb", "a\0b", "a\u{7F}", "\u{9B}1m", "\u{202E}a", "\u{200B}a"])
    func shown(text: String) {
        #expect(refusal { $0.workingDirectory = "/\(text)" }?.contains("`workingDirectory`") == true)
        #expect(refusal { $0.imageReference = Untrusted(text) }?.contains("`imageReference`") == true)
    }

    @Test("a working directory and an image's name are as long as they may be, and no longer")
    func bounds() {
        let (path, name) = (WireLimits.pathBytesMax, WireLimits.imageReferenceBytesMax)
        #expect(refusal { $0.workingDirectory = "/" + String(repeating: "a", count: path - 1) } == nil)
        #expect(
            refusal { $0.workingDirectory = "/" + String(repeating: "a", count: path) }?.contains(
                "`workingDirectory` is longer") == true)
        #expect(refusal { $0.workingDirectory = "tmp" }?.contains("does not begin with `/`") == true)
        #expect(refusal { $0.imageReference = Untrusted(String(repeating: "a", count: name)) } == nil)
        #expect(
            refusal { $0.imageReference = Untrusted(String(repeating: "a", count: name + 1)) }?.contains(
                "`imageReference` is longer") == true)
    }
}
