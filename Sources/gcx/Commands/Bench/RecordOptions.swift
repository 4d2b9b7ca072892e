import ArgumentParser
import GCXSigning

/// Who signs a run, and where the record goes.
struct RecordOptions: ParsableArguments {
    @Option(help: "Keystore file of the machine's key: signs the record, or with --serve what this end saw.")
    var key: String?

    @Option(help: "File whose first line is the keystore's password. Default: ask on the terminal.")
    var passwordFile: String?

    @Option(help: "Write the signed record, with all samples, to this file; see `gcx bench verify`.")
    var out: String?

    func validate(serving: Bool) throws {
        if out != nil, key == nil {
            throw ValidationError("--out needs the --key that signs; without one there is --json")
        }
        if key != nil, out == nil, !serving { throw ValidationError("--key signs a record; name its file with --out") }
        if serving, out != nil { throw ValidationError("--serve measures nothing of its own, so it writes no --out") }
    }

    /// Nil without a key.
    func unlock() throws -> KeystoreCustody? {
        guard let key else { return nil }
        return try KeystoreCustody(path: key, password: try Password.read(passwordFile, for: key))
    }
}
