import GCXLinux
import GCXModel
import GCXSigning
import Glibc

/// What a user keeps for himself: the ledger that he uses, and his keys by name.
///
/// `$XDG_CONFIG_HOME/gcx`, or `~/.config/gcx`, made with mode 0700. A path in XDG_CONFIG_HOME that does not begin at the root
/// counts for nothing. Without HOME the home of the system's user database is taken.
///
/// Source: XDG Base Directory Specification 0.8.
struct UserFolder: Equatable {
    let path: String

    init(path: String) { self.path = path }

    /// - Parameters:
    ///   - value: of a variable of the environment.
    ///   - home: of the user database, where HOME is not set.
    /// - Returns: nil where nobody says where the user's files are.
    init?(home: String?, value: (String) -> String?) {
        if let config = value("XDG_CONFIG_HOME"), config.hasPrefix("/") {
            path = "\(config)/gcx"
        } else if let home = [value("HOME"), home].compactMap(\.self).first(where: { $0.hasPrefix("/") }) {
            path = "\(home)/.config/gcx"
        } else {
            return nil
        }
    }

    /// The folder of whoever runs this.
    static var own: UserFolder? {
        let home = unsafe getpwuid(geteuid()).flatMap { unsafe $0.pointee.pw_dir }.map { unsafe String(cString: $0) }
        return UserFolder(home: home, value: Environment.value)
    }

    /// - Throws: ``CommandError`` where there is none.
    static func required() throws -> UserFolder {
        guard let own else {
            throw CommandError(
                "there is no place for your files: neither XDG_CONFIG_HOME nor HOME is set, and the system knows no home of user \(getuid())",
                fix: "Set HOME.")
        }
        return own
    }
}

// The ledger.
extension UserFolder {
    var ledgerFile: String { "\(path)/ledger" }

    /// The ledger that was chosen with `gcx ledger use`; nil where none was.
    func ledger() throws -> String? {
        guard Files.exists(ledgerFile) else { return nil }
        try requirePrivate(ledgerFile, most: 0o644)
        guard let line = Files.lineIfPresent(ledgerFile), !line.isEmpty else {
            throw CommandError(
                "\(ledgerFile) names no ledger", fix: "Choose one again: `gcx ledger use URL`, or remove the file.")
        }
        return line
    }

    func use(_ ledger: String) throws {
        try prepare(path)
        try DurableFile.write("\(ledger)\n".utf8, to: ledgerFile)
    }

    func forgetLedger() throws { if Files.exists(ledgerFile) { try Files.remove(ledgerFile) } }
}

// Keys.
extension UserFolder {
    private var keys: String { "\(path)/keys" }
    private static let ending = ".json"

    /// The file of a key's name.
    func key(_ name: String) -> String { "\(keys)/\(name)\(Self.ending)" }

    /// Letters, digits, dots, dashes and underscores, and no dot first: no path, no hidden file, and no name of a file.
    static func isKeyName(_ text: String) -> Bool {
        let letters = text.utf8
        // bounded: constants
        return !letters.isEmpty && letters.count <= nameBytesMax && !text.hasSuffix(ending) && text.first != "."
            && text.first != "-"
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    }

    /// The names of the keys, in the order of the alphabet.
    func keyNames() throws -> [String] {
        guard Files.exists(keys) else { return [] }
        try requirePrivate(keys, most: 0o700)
        return try Files.names(in: keys).filter { $0.hasSuffix(Self.ending) }
            .map { String($0.dropLast(Self.ending.count)) }.filter(Self.isKeyName).sorted()
    }

    /// Makes the folder for a key that is to be made.
    func prepareKeys() throws {
        try prepare(path)
        try prepare(keys)
    }

    /// Where the key is that somebody names: the file of that path, else the one of that name.
    ///
    /// A file in the working directory goes before a name, as it always did.
    func keystore(_ named: String) throws -> String {
        guard !named.contains("/"), Self.isKeyName(named), !Files.exists(named) else { return named }
        let file = key(named)
        guard Files.exists(file) else {
            let names = try keyNames()
            throw CommandError(
                "there is neither a file \(named) nor a key of that name",
                fix: names.isEmpty
                    ? "Make one: `gcx key new \(named)`." : "Your keys are \(names.formatted(last: "and")).")
        }
        try requirePrivate(keys, most: 0o700)
        return file
    }

    private static let nameBytesMax = 64
}

// Who may read and write.
extension UserFolder {
    private func prepare(_ folder: String) throws {
        try Files.makeDirectories(folder)
        try requirePrivate(folder, most: folder == keys ? 0o700 : 0o755)
    }

    /// - Throws: ``CommandError`` where others may do more than `most` lets them, or it is another user's.
    private func requirePrivate(_ path: String, most: mode_t) throws {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw CommandError(
                "\(path) belongs to user \(status.st_uid)", fix: "Remove it, or have it given to you: `chown`.")
        }
        guard status.st_mode & 0o777 & ~most == 0 else {
            throw CommandError(
                "\(path) is open to others (mode \(String(status.st_mode & 0o777, radix: 8)))",
                fix: "Close it: `chmod \(String(most, radix: 8)) \(path)`.")
        }
    }
}
