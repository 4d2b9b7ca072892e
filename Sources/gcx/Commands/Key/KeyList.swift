import ArgumentParser
import GCXModel
import GCXSigning

/// `gcx key list`.
struct KeyList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the keys in your configuration folder, which --key takes by name.",
        discussion: "They are in $XDG_CONFIG_HOME/gcx/keys or ~/.config/gcx/keys. No password is asked for.")

    @OptionGroup var output: OutputOptions

    /// A key by name.
    struct Row: Encodable, Equatable {
        let name: String
        /// What the keystore says of itself; nil where it does not.
        let address: Address?
        let file: String
        /// Why it cannot be read.
        let fault: String?
    }

    func run() throws {
        let rows = try Self.rows(in: try UserFolder.required())
        if output.json { return try Terminal.json(rows) }
        Terminal.say(Self.table(rows), empty: "no keys; make one: `gcx key new NAME`")
    }

    static func rows(in folder: UserFolder) throws -> [Row] {
        try folder.keyNames().map { name in
            let file = folder.key(name)
            do throws(KeystoreError) {
                let address = try KeystoreFile.read(file).address.flatMap { Address($0) }
                return Row(name: name, address: address, file: file, fault: nil)
            } catch {
                return Row(name: name, address: nil, file: file, fault: error.description)
            }
        }
    }

    static func table(_ rows: [Row]) -> TextTable {
        var table = TextTable([.whole("name"), .whole("address"), .text("file", least: 12)], dropping: ["file"])
        for row in rows { table.add([row.name, row.fault ?? row.address?.checksummed ?? "-", row.file]) }
        return table
    }
}
