import CLinux
import GCXModel
import Glibc

/// What the kernel, or a tool run as a child, refused. Every case names the operation and the object.
package enum LinuxError: RemediedError, Equatable, Codable {
    /// A system call on `object` failed with `errno`.
    case systemCall(operation: String, object: String, errno: Int32)
    /// `operation` on `object` was not done within its named limit.
    case timedOut(operation: String, object: String, after: Duration)
    /// A tool ended with a status other than 0; `output` is the end of what it wrote on standard error.
    case toolFailed(tool: String, status: Int32, output: String)
    /// A tool wrote more than it is allowed to; it was ended.
    case outputTooLarge(tool: String, limitBytes: Int)
    /// A file of the kernel or of the agent does not read as it should.
    case malformed(object: String, reason: String)
    /// This machine lacks something that every job needs.
    case unsupported(what: String, reason: String)
    /// The kernel gave `got` of the threads that this process needs, and refused the next with `errno`.
    case noThreads(wanted: Int, got: Int, errno: Int32)

    package var remedy: Remedy {
        switch self {
        case .systemCall(_, _, EBUSY), .systemCall(_, _, EAGAIN), .systemCall(_, _, EINTR): .retry(after: .seconds(1))
        case .systemCall(let operation, let object, let number):
            Self.remedy(operation, object, number).map { .fix($0) } ?? .refuse
        case .malformed: .refuse
        case .timedOut: .retry(after: .seconds(5))
        case .toolFailed(let tool, _, _): .fix("Read what \(tool) wrote, then run `gcx doctor`.")
        case .outputTooLarge: .refuse
        case .noThreads:
            .fix(
                "Let this user and this control group have more processes (`ulimit -u`, `pids.max`, `TasksMax=`), or end "
                    + "some that run.")
        case .unsupported(let what, _): .fix("Run the agent on a machine with \(what), or run `gcx doctor`.")
        }
    }

    package var description: String {
        switch self {
        case .systemCall(let operation, let object, let number):
            "\(operation) `\(object)`: \(Self.name(of: number)) (\(Self.text(of: number)))"
        case .timedOut(let operation, let object, let after): "\(operation) `\(object)`: not done after \(after.words)"
        case .toolFailed(let tool, let status, let output): "\(tool) ended with status \(status): \(output)"
        case .outputTooLarge(let tool, let limit): "\(tool) wrote more than \(NumberText.count(limit, "byte"))"
        case .malformed(let object, let reason): "`\(object)` is malformed: \(reason)"
        case .noThreads(let wanted, let got, let number):
            "start \(NumberText.count(wanted, "thread")): the kernel gives \(got) and then says \(Self.name(of: number)) "
                + "(\(Self.text(of: number)))"
        case .unsupported(let what, let reason): "this machine has no \(what): \(reason)"
        }
    }

    /// What a person can change; nil where nothing is known to help.
    private static func remedy(_ operation: String, _ object: String, _ number: Int32) -> String? {
        switch number {
        case EACCES, EPERM: "Run as root, or give this user access to \(object)."
        // The file is not there yet: what lacks is where it is to be.
        case ENOENT where operation == FileDescriptor.making: "Make the directory that \(object) is to be in."
        case ENOENT: "Check the name, or put \(object) there."
        case EISDIR: "Name a file: \(object) is a directory."
        case ENOTDIR: "Check the name: a part of \(object) is no directory."
        case ENAMETOOLONG: "Give \(object) a shorter name."
        case ELOOP: "Check the links that \(object) leads through."
        case ENOSPC, EDQUOT: "Free some room on the disk of \(object)."
        case EROFS: "Name another place: the file system of \(object) can only be read."
        case EMFILE, ENFILE: "Let this process have more open files (`ulimit -n`, `LimitNOFILE=`)."
        default: nil
        }
    }

    /// True when the object was not there, which is often an answer and not a failure.
    package var isNotFound: Bool {
        if case .systemCall(_, _, let number) = self { return number == ENOENT || number == ENODEV }
        return false
    }

    private static func name(of number: Int32) -> String {
        unsafe gcx_errno_name(number).map { unsafe String(cString: $0) } ?? "errno \(number)"
    }

    private static func text(of number: Int32) -> String {
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "unknown"
    }
}

/// The result of a call that answers -1 and sets errno, or a thrown ``LinuxError/systemCall(operation:object:errno:)``.
@discardableResult
func posix<T: SignedInteger>(_ operation: String, _ object: String, _ call: () -> T) throws(LinuxError) -> T {
    while true {
        let value = call()
        if value >= 0 { return value }
        let number = errno
        if number != EINTR { throw .systemCall(operation: operation, object: object, errno: number) }
    }
}

/// The result of a CLinux call, which answers the negated errno.
@discardableResult
func linux(_ operation: String, _ object: String, _ call: () -> Int32) throws(LinuxError) -> Int32 {
    while true {
        let value = call()
        if value >= 0 { return value }
        if value != -EINTR { throw .systemCall(operation: operation, object: object, errno: -value) }
    }
}
