import Foundation
import GCXLinux
import Glibc
import Testing

/// The steps that the README gives owners and buyers, typed in its order.
struct ReadmeSteps {
    /// The commands of the fenced blocks of a section, in order.
    static func commands(of section: String, in text: String) -> String {
        var (isIn, isFenced, lines) = (false, false, [Substring]())
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("## ") { isIn = line == "## \(section)" }
            guard isIn else { continue }
            if line.hasPrefix("```") { isFenced.toggle() } else if isFenced { lines.append(line) }
        }
        return lines.joined(separator: "\n")
    }

    /// What is no part of gcx, and stands here for what a test has not got: systemd, a build for release, the Internet. All else
    /// is typed as it is written, in namespaces where /etc, /run and /usr/local are empty.
    static func script(repository: String, built: String) -> String {
        """
        set -euo pipefail
        mount -t tmpfs empty "$GROUND"
        mkdir -p "$GROUND"/{etc,etcwork,local,localwork,home}
        mount -t overlay -o lowerdir=/etc,upperdir="$GROUND/etc",workdir="$GROUND/etcwork" overlay /etc
        rm -rf /etc/gcx
        mount -t tmpfs empty /run
        mkdir -p /usr/local/bin /var/lib
        mount -t tmpfs empty /usr/local
        mount -t tmpfs empty /var/lib
        mkdir -p /run/gcx-sandbox
        # A build for release takes minutes; these are the same programs.
        make() { \(repository)/.ci/install "" /usr/local \(built) >/dev/null 2>&1; }
        # By its path, so that `$!` is its own number and not that of a shell before it.
        gcx=/usr/local/bin/gcx
        # What it makes is looked at behind the steps; a name that is left of an earlier day makes nothing of itself.
        sed -i '/^gcx/d' /etc/group /etc/passwd
        # systemd starts services in units, which a test has not got.
        systemd-tmpfiles() { :; }
        systemctl() {
            sed -i 's|^cgroup_base = .*|cgroup_base = ""|' /etc/gcx/gcx.toml
            case "$*" in
            *gcx-ledger) mkdir -m 755 /run/gcx-ledger; mkdir -p /var/lib/gcx-ledger; $gcx ledger serve 2>>"$LOGS/ledger.log" & ;;
            *gcx-agent) mkdir -p /var/lib/gcx; mkdir -m 755 /run/gcx; $gcx agent run 2>>"$LOGS/agent.log" & ;;
            esac
            services="$services $!"
            for _ in $(seq 100); do
                case "$*" in
                *gcx-ledger) gcx ledger head >/dev/null 2>&1 && return ;;
                *gcx-agent) gcx agent status >/dev/null 2>&1 && return ;;
                esac
                sleep 0.2
            done
            echo "the service of $* does not answer" >&2
            return 1
        }
        # The README says how long the offer takes.
        gcx() {
            if [ "$*" = "offer list" ]; then
                for _ in $(seq 300); do
                    command gcx offer list | grep -q 0x && break
                    sleep 0.2
                done
            fi
            # It is run before there is anything to look at but the machine.
            if [ "$*" = doctor ]; then command gcx doctor || [ $? = 78 ]; return; fi
            command gcx "$@"
        }
        # An image, as a registry would send it.
        skopeo() {
            mkdir -p made/bin made/proc made/dev made/sys made/tmp made/input made/output made/etc
            chmod -R 755 made
            cp "$(command -v busybox)" made/bin/busybox
            for name in sh wc cat; do ln -s busybox made/bin/$name; done
            umoci init --layout image >/dev/null 2>&1
            umoci new --image "${3#oci:}" >/dev/null 2>&1
            umoci insert --image "${3#oci:}" made / >/dev/null 2>&1
            rm -r made
        }
        services=
        trap 'for pid in $services; do kill $pid 2>/dev/null || true; done; wait' EXIT
        export PATH=/usr/local/bin:$PATH
        hash -r
        cd "$GROUND/home"
        PS4='$ '
        set -x
        """
    }

    /// What the text says of a buyer who is not root: without the group the agent is closed to him, and with it open.
    static func group(of text: String) -> String? {
        guard let command = text.split(separator: "`").first(where: { $0.hasPrefix("usermod -aG gcx ") }),
            let user = command.split(separator: " ").last
        else { return nil }
        let asks = "setpriv --reuid=\(user) --regid=\(user) --init-groups /usr/local/bin/gcx agent status"
        return """
            useradd --no-create-home --user-group \(user)
            if \(asks) 2>"$LOGS/closed"; then echo "\(user) came in without the group" >&2; exit 1; fi
            \(command)
            \(asks) >"$LOGS/open"
            """
    }
}

/// What the README prints of a demonstration, against what one prints: figures, names and what a machine is made of may differ.
struct ReadmeTranscript {
    private let lines: [String]

    /// - Parameter text: of the README; what stands in the first block of a section.
    init(_ text: String, of section: String) {
        lines = ReadmeSteps.commands(of: section, in: text).split(separator: "\n").map(String.init)
    }

    /// Lines of either that have no like in the other, in their forms. Empty when the README is right.
    func differences(from said: String) -> [String] {
        let printed = Self.forms(said.split(separator: "\n").map(String.init))
        let shown = Self.forms(lines)
        let titles = { (forms: [String]) in
            forms.filter { $0.hasPrefix("N ") || $0 == "Statement" || $0.hasPrefix("who ") }
        }
        let order = titles(shown) == titles(printed) ? [] : ["the steps are \(titles(printed)), not \(titles(shown))"]
        return order + Set(shown).subtracting(printed).map { "nothing prints “\($0)”" }.sorted()
            + Set(printed).subtracting(shown).map { "the README has no “\($0)”" }.sorted()
    }

    /// The lines without what a run of its own has: the machine, its figures, and what a job of its own length did.
    static func forms(_ lines: [String]) -> [String] {
        var (isOfMachine, forms) = (false, [String]())
        for line in lines {
            if line.hasPrefix("2 publish") {
                isOfMachine = true
            } else if line.hasPrefix("offer 0x") {
                isOfMachine = false
            } else if isOfMachine {
                continue
            }
            forms.append(form(line))
        }
        return forms
    }

    /// Keys, ids, paths, numbers with their units and their plurals as one letter each.
    static func form(_ line: String) -> String {
        var form = line
        for (pattern, letter) in [
            ("0x[0-9a-fA-F]+", "H"), ("--input .* --output", "--input P --output"), ("[0-9a-f]{64}", "H"),
            ("[0-9]{4}-[0-9-]+ [0-9:]+(Z|[+-][0-9:]+)", "T"), ("[0-9]+([.,][0-9]+)*", "N"),
            ("N (s|min|MiB|GiB)\\b", "N U"), ("(receipt|time|file|core|head|entr)(s|y|ies)?\\b", "$1"),
            (", final:", ":"),
        ] { form = form.replacingOccurrences(of: pattern, with: letter, options: .regularExpression) }
        return form
    }
}

extension WaitingLeases {
    @Suite("The README")
    struct ReadmeTests {
        static let lacks = ["unshare", "strip", "setpriv", "useradd", "systemd-sysusers"].first {
            ChildProcess.find($0) == nil
        }

        @Test(
            "its owner's and buyer's steps work in the order written, from an empty machine, with nothing left out",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"), .timeLimit(.minutes(10)))
        func steps() throws {
            let text = try Files.text("\(Gcx.repository)/README.md")
            let made = try ChildProcess("mktemp", ["-d", "/tmp/gcx-readme-XXXXXX"]).run()
            let ground = made.trimmingCharacters(in: .whitespacesAndNewlines)
            defer { try? Files.removeTree(ground) }
            try Files.makeDirectory("\(ground)/ground")
            try Files.makeDirectory("\(ground)/logs")
            let steps = ["Sell a machine", "Buy"].map { ReadmeSteps.commands(of: $0, in: text) }
            #expect(steps.allSatisfy { $0.contains("gcx ") })
            let built = "/" + Gcx.program.split(separator: "/").dropLast().joined(separator: "/")
            let group = try #require(ReadmeSteps.group(of: text))
            let script = [ReadmeSteps.script(repository: Gcx.repository, built: built)] + steps + [group]
            try DurableFile.write(script.joined(separator: "\n").utf8, to: "\(ground)/steps")
            let outcome = try ChildProcess(
                "unshare", ["--mount", "--propagation", "private", "bash", "\(ground)/steps"],
                environment: ChildProcess.plainEnvironment.merging([
                    "GROUND": "\(ground)/ground", "LOGS": "\(ground)/logs",
                ]) { $1 }, timeout: .seconds(580), outputBytesMax: 16 << 20
            ).outcome()
            let said = String(decoding: outcome.error, as: UTF8.self)
            let logs = ["ledger", "agent"].map { (Files.textIfThere("\(ground)/logs/\($0).log") ?? "").suffix(2_000) }
            try #require(outcome.status == .exited(0), "\(outcome.text)\n\(said)\n\(logs)")
            // The job counted the bytes of its input, the log is the signed one, and the ledger holds.
            #expect(outcome.text.contains(" /input/today\n"), "\(outcome.text)")
            // With one command, and step by step.
            #expect(said.contains("job       exited with status 0") && said.contains("refunded  "), "\(said)")
            #expect(outcome.text.contains("ok: "), "\(outcome.text)")
            #expect(outcome.text.contains("all signed, chained and priced right"), "\(outcome.text)")
            #expect(outcome.text.contains("ledger verify: ok"), "\(outcome.text)")
            #expect(!said.contains("error: "), "\(said)")
            // Who is not in the group is told of it; who is sees the agent, and that the rest is the owner's.
            #expect(try Files.text("\(ground)/logs/closed").contains("add you to the group gcx"))
            #expect(try Files.text("\(ground)/logs/open").contains("machine's owner (root) alone"))
            // The services ended with their steps: nobody has these logs open.
            let open = try ChildProcess(
                "bash", ["-c", "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c '\(ground)' || true"]
            ).run()
            #expect(open == "0\n", "\(open)")
        }

        @Test("a transcript is held against a run by the forms of its lines")
        func transcript() {
            let readme = """
                ## What you see
                ```
                1 register: three
                2 publish: 6 s
                a machine
                offer 0xabcd: 2 cores, 0.04 TEST
                receipt 1: 3.2 s
                at 2026-11-30 08:00:00+01:00
                Statement
                ```
                """
            let shown = ReadmeTranscript(readme, of: "What you see")
            let said = "1 register: three\n2 publish: 2 s\nanother\noffer 0x12: 64 cores, 1.5 TEST\nreceipt 1: 90 s\n"
            #expect(shown.differences(from: said + "receipt 2: 1.0 s\nat 2027-01-01 00:00:00Z\nStatement\n") == [])
            #expect(
                shown.differences(from: said + "Statement\nvoucher\n") == [
                    "nothing prints “at T”", "the README has no “voucher”",
                ])
            let other = shown.differences(from: "1 begin: 3\n")
            #expect(other.count == 8 && other[0].hasPrefix("the steps are"), "\(other)")
        }

        @Test("the first screen says what it is, how to begin, and what one command does, with what that says")
        func firstScreen() throws {
            let lines = try Files.text("\(Gcx.repository)/README.md").split(
                separator: "\n", omittingEmptySubsequences: false
            ).prefix(40)
            let text = lines.joined(separator: "\n")
            for part in ["gcx sells idle computers", "make demo", "$ gcx ledger use https://", "$ gcx run ", " -- "] {
                #expect(text.contains(part), "\(part)")
            }
            // Its options are those that there are.
            let run = try #require(lines.first { $0.hasPrefix("$ gcx run ") })
            let help = try Gcx.run(["help", "run"]).text
            for option in run.split(separator: " ").filter({ $0.hasPrefix("--") && $0 != "--" }) {
                #expect(help.contains(option), "\(option)")
            }
        }

        @Test("the commands of a section are those of its blocks, in order")
        func reading() {
            let text = "## A\nb\n```\nc\nd\n```\n### e\n```\nf\n```\n## G\n```\nh\n```\n"
            #expect(ReadmeSteps.commands(of: "A", in: text) == "c\nd\nf")
            #expect(ReadmeSteps.commands(of: "G", in: text) == "h")
            #expect(ReadmeSteps.commands(of: "X", in: text) == "")
        }
    }
}
