package import GCXModel

/// Why a server does not listen.
package enum ServingError: RemediedError, Equatable {
    /// Another process answers on this socket.
    case socketBusy(path: String)
    /// The socket cannot be made or given its mode.
    case socketUnusable(path: String, reason: String)
    /// A mode that would let in people whom the owner has not named.
    case socketModeTooOpen(path: String, mode: UInt32)
    /// The server ended on its own.
    case listenFailed(String, reason: String)

    package var description: String {
        switch self {
        case .socketBusy(let path): "another process listens on \(path)"
        case .socketUnusable(let path, let reason): "cannot listen on the socket \(path): \(reason)"
        case .socketModeTooOpen(let path, let mode):
            "the socket \(path) would have mode 0\(String(mode, radix: 8)), and only its user and its group may open it"
        case .listenFailed(let endpoint, let reason): "cannot serve on \(endpoint): \(reason)"
        }
    }

    package var remedy: Remedy {
        switch self {
        case .socketBusy: .fix("Stop the other process, or give another path.")
        case .socketUnusable: .fix("Make the socket's directory and let this user write there, or give another path.")
        case .socketModeTooOpen: .fix("Give a mode without rights for others, such as 0600 or 0660.")
        case .listenFailed(let endpoint, _) where endpoint.hasPrefix("unix:"):
            .fix("See that this user may write to the socket's directory, or give another path.")
        case .listenFailed: .fix("Give another port, or stop the process that has this one.")
        }
    }
}
