// The helper: `gcx-helper --config FILE`, run by root. It does for the agent what takes root, and nothing else; see HelperServer.
// It listens at `agent.helper` for the user `agent.user`, or serves whoever started it, through the socket that it got as a
// descriptor (`--parent NUMBER`).
import GCXConfig
import GCXHardware
import GCXHelper
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

func say(_ text: String) { _ = unsafe "gcx-helper: \(text)\n".withCString { unsafe write(2, $0, strlen($0)) } }

func fail(_ error: some RemediedError, _ status: Int32) -> Never {
    say(error.description)
    if case .fix(let text) = error.remedy { say("remedy: \(text)") }
    exit(status)
}

struct Arguments {
    var config = "/etc/gcx/gcx.toml"
    var parent: Int32?

    init?(_ words: [String]) {
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch word {
            case "--config": config = value
            case "--parent": parent = Int32(value, radix: 10)
            default: return nil
            }
        }
    }
}

guard let arguments = Arguments(CommandLine.arguments) else {
    say("usage: gcx-helper [--config FILE] [--parent DESCRIPTOR]")
    exit(64)
}
// Each file of a job says itself who may read it, whatever the shell lets by from which an agent was started: the job's own user walks
// to its root directory, and the agent to its log.
umask(0o022)
do {
    try HelperProgram(config: arguments.config, parent: arguments.parent).run()
} catch let error as ConfigError {
    fail(error, 78)
} catch let error as SandboxError {
    fail(error, 70)
} catch let error as LinuxError {
    fail(error, 70)
} catch let error as ProbeError {
    fail(error, 70)
}
