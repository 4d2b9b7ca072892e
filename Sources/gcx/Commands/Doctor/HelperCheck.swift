import GCXHelper
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

/// Whether somebody does for the agent what takes root.
struct HelperCheck {
    /// Where it has to listen.
    let path: String
    /// Whom it serves, and nobody else.
    let account: UserAccount
    /// Whether systemd knows of it.
    let hasUnit: Bool

    private let check = "helper"
    private static let start = "Start it: `systemctl start gcx-helper`; its log is `journalctl -u gcx-helper`."
    private static let restart = "Restart it, under which jobs run on: `systemctl restart gcx-helper`."

    /// Whether its unit is installed, beside this program or where systemd looks.
    static var isInstalled: Bool {
        let folder = ((try? Programs.own) ?? "").split(separator: "/").dropLast(2).map { "/\($0)" }.joined()
        return ["\(folder)/lib", "/etc", "/usr/lib", "/usr/local/lib"].contains {
            Files.exists("\($0)/systemd/system/gcx-helper.service")
        }
    }

    /// - Parameter user: who looks. The helper hangs up on everybody but the agent's user, so only he can ask it.
    func finding(for user: UInt32) -> Finding {
        do throws(LinuxError) {
            let socket = try UnixSocket.connect(to: path)
            if user == account.user { return answer }
            guard isOpen else {
                return .fault(
                    check, "\(path) is not open to the agent's user (number \(account.user))", fix: Self.restart)
            }
            return try listener(try UnixSocket.process(of: socket))
        } catch {
            if case .systemCall(_, _, EACCES) = error {
                return .warning(
                    check, "this user may not see \(path)", fix: "Look as root, or as the agent's user.")
            }
            return absent(user)
        }
    }

    private func absent(_ user: UInt32) -> Finding {
        if user == 0, !hasUnit {
            return .ok(check, "none listens at \(path); an agent that root starts brings one of its own")
        }
        return .fault(
            check, "none listens at \(path): no job can start",
            fix: hasUnit ? Self.start : "Start the agent as root, or `gcx-helper` beside it.")
    }

    /// What it says to the one whom it serves.
    private var answer: Finding {
        do throws(SandboxError) {
            return .ok(check, "it answers at \(path): \(try HelperClient(.path(path)).facts.runtime)")
        } catch { return .fault(check, error) }
    }

    private var isOpen: Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return (status.st_uid == account.user && status.st_mode & 0o200 != 0)
            || (status.st_gid == account.group && status.st_mode & 0o020 != 0)
    }

    /// Who listens: the helper that belongs to this program, or one of another installation.
    private func listener(_ process: Int32) throws(LinuxError) -> Finding {
        let who = ["process \(process)", Self.unit(of: process)].compactMap(\.self).joined(separator: " of ")
        guard let program = try? Programs.beside("gcx-helper") else {
            return .ok(check, "\(who) listens at \(path)")
        }
        guard Self.isSame("/proc/\(process)/exe", program) else {
            return .warning(
                check, "\(who) listens at \(path), and it is not \(program): that was installed after it began",
                fix: Self.restart)
        }
        return .ok(check, "\(program) listens at \(path), \(who)")
    }

    /// Two names of one file.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard unsafe stat(one, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    /// Source: proc(5), `/proc/PID/cgroup`: of systemd, the last part that ends with `.service`.
    private static func unit(of process: Int32) -> String? {
        let groups = (try? Files.text("/proc/\(process)/cgroup"))?.split(whereSeparator: { "/\n".contains($0) }) ?? []
        return groups.last { $0.hasSuffix(".service") }.map(String.init)
    }
}
