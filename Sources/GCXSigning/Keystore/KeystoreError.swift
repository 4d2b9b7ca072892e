package import GCXModel
import Glibc

/// Why a keystore was not written, read or opened. No case holds a password or a key.
package enum KeystoreError: RemediedError, Equatable {
    /// The password does not open it, or the file was damaged: the format cannot tell these two apart.
    case passwordWrong
    case passwordEmpty
    /// The first line of a password file is none.
    case passwordUnusable(path: String, reason: String)
    /// The file is of another version; this is version 3.
    case versionUnsupported(Int)
    case cipherUnsupported(String)
    case kdfUnsupported(String)
    /// The pseudo-random function of PBKDF2.
    case prfUnsupported(String)
    /// A field that is missing, or that no keystore of this kind can hold.
    case fieldInvalid(field: String, reason: String)
    /// Opening it would take more memory or time than any honest file asks for.
    case costExcessive(field: String, value: Int, maximum: Int)
    /// The file names one account and holds another's key.
    case addressMismatch(named: Address, held: Address)
    /// Not a JSON document of this format.
    case notAKeystore(reason: String)
    /// Others than the owner may read or write it.
    case fileExposed(path: String, mode: UInt32)
    case fileTooLarge(path: String, bytes: Int)
    /// A key already rests there, and a key is never overwritten.
    case fileExists(path: String)
    /// The kernel said no.
    case file(operation: String, path: String, errno: Int32)
    /// What is wrong with the contents of one file.
    indirect case inFile(path: String, KeystoreError)
    /// scrypt or AES failed within its bounds, most likely for want of memory.
    case derivationFailed

    package var remedy: Remedy {
        switch self {
        case .passwordWrong: .fix("Give the password this key was stored with.")
        case .passwordEmpty: .fix("Choose a password that is not empty.")
        case .passwordUnusable(let path, _):
            .fix("Write the password, and nothing else, into the first line of \(path).")
        case .notAKeystore: .fix("Name a key's file, as `gcx key new` or an Ethereum wallet makes it (keystore V3).")
        case .versionUnsupported, .cipherUnsupported, .kdfUnsupported, .prfUnsupported:
            .fix("Export the key again as an Ethereum keystore of version 3 with scrypt and aes-128-ctr.")
        case .fieldInvalid, .addressMismatch: .fix("Restore the file from a backup, or export the key again.")
        case .costExcessive: .fix("Export the key again with a smaller cost, for instance n = 262144, r = 8, p = 1.")
        case .fileExposed(let path, _): .fix("Run `chmod 600 \(path)`.")
        case .fileTooLarge: .fix("Name the key's keystore file; this is another one.")
        case .fileExists: .fix("Choose another path, or move the key that is there.")
        case .file(let operation, let path, let number): .fix(Self.instruction(operation, path, number))
        case .inFile(_, let error): error.remedy
        case .derivationFailed: .retry(after: .seconds(5))
        }
    }

    private static func instruction(_ operation: String, _ path: String, _ number: Int32) -> String {
        switch number {
        case EISDIR: "Name a file: \(path) is a directory."
        case ENOENT where operation == "create": "Make the directory that \(path) is to be in."
        case ENOENT: "Check the name, or make a key there with `gcx key new --out \(path)`."
        case EACCES, EPERM: "Run as the user to whom \(path) and its directory belong."
        case ENOSPC, EDQUOT: "Free some room on the disk of \(path)."
        default: "Check \(path), and who may read and write it and its directory."
        }
    }

    package var description: String {
        switch self {
        case .passwordWrong: "keystore: wrong password, or the file is damaged"
        case .passwordEmpty: "keystore: the password is empty"
        case .passwordUnusable(let path, let reason): "the password file \(path) \(reason)"
        case .versionUnsupported(let version): "keystore: version \(version) is not supported, only 3 is"
        case .cipherUnsupported(let name): "keystore: cipher “\(name)” is not supported, only aes-128-ctr is"
        case .kdfUnsupported(let name): "keystore: kdf “\(name)” is not supported, only scrypt and pbkdf2 are"
        case .prfUnsupported(let name): "keystore: prf “\(name)” is not supported, only hmac-sha256 is"
        case .fieldInvalid(let field, let reason): "keystore: `\(field)` \(reason)"
        case .costExcessive(let field, let value, let maximum):
            "keystore: `\(field)` = \(value) asks for more than the \(maximum) allowed"
        case .addressMismatch(let named, let held):
            "keystore: it is named for \(named.checksummed) and holds the key of \(held.checksummed)"
        case .notAKeystore(let reason): "keystore: \(reason)"
        case .fileExposed(let path, let mode):
            "\(path) holds a secret, and its mode \(String(mode, radix: 8)) lets others at it"
        case .fileTooLarge(let path, let bytes):
            "keystore \(path): \(NumberText.count(bytes, "byte", one: "is", many: "are")) too many for a keystore"
        case .fileExists(let path): "keystore \(path): a file is already there"
        case .file(let operation, let path, let errno): "\(operation) `\(path)`: \(describe(errno: errno))"
        case .inFile(let path, let error):
            error.description.hasPrefix("keystore:")
                ? "keystore \(path)" + error.description.dropFirst("keystore".count) : error.description
        case .derivationFailed: "keystore: deriving the key failed, most likely for want of memory"
        }
    }
}
