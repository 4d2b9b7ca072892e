import ArgumentParser
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning

/// `gcx key`: accounts, and what an owner lets a machine do.
struct KeyNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make keys, show addresses, and grant a machine the right to sell in your name.",
        subcommands: [KeyNew.self, KeyList.self, KeyAddress.self, KeyGrant.self, KeyRevoke.self])
}

/// `gcx key new`.
struct KeyNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make a key in an Ethereum keystore file (V3, mode 0600) that every wallet reads."
    )

    @Argument(help: "Its name, by which --key finds it in your configuration folder.")
    var name: String?

    @Option(help: "The file to make in place of one in your folder; one that is there is never replaced.")
    var out: String?

    @Option(help: "File whose first line is the password. Default: ask on the terminal.")
    var passwordFile: String?

    @ArgumentParser.Flag(
        help: "Cheap to unlock, for tests: a guesser needs little more than a second for 100 passwords.")
    var light = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (name == nil) != (out == nil) else {
            throw ValidationError("a new key needs a name, or a file with --out, and not both")
        }
        if let name, !UserFolder.isKeyName(name) {
            throw ValidationError(
                "a key's name has letters, digits, dots, dashes and underscores, not “\(PlainText.excerpt(name))”")
        }
    }

    func run() throws {
        let out = try out ?? place()
        try Writable.requireNewFile(out)
        let key = PrivateKey.generate()
        let password = try Password.choose(passwordFile, for: out)
        try KeystoreFile.write(try Keystore.encrypt(key, password: password, cost: light ? .light : .standard), to: out)
        if output.json { return try Terminal.json(["address": key.address]) }
        Terminal.say(key.address.checksummed)
    }

    /// The file of its name.
    private func place() throws -> String {
        let folder = try UserFolder.required()
        try folder.prepareKeys()
        return folder.key(name ?? "")
    }
}

/// `gcx key address`.
struct KeyAddress: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "address", abstract: "Unlock a keystore and print its address.")

    @OptionGroup var key: KeyOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let address = try key.unlock().address
        if output.json { return try Terminal.json(["address": address]) }
        Terminal.say(address.checksummed)
    }
}

/// `gcx key grant`.
struct KeyGrant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant",
        abstract: "Sign a grant: this machine's key may sell in my name, until it expires or I revoke it.",
        discussion: "Run it where the owner's key is, and carry the file to the machine: the key stays away from it.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Option(help: "Address of the machine's key.")
    var machine: Address

    @Option(help: "The grant is good for this long, days: 1 to 3650.")
    var days: UInt64 = 90

    @Option(help: "Your name for the machine.")
    var label = ""

    @Option(help: "Address of the ledger, as `gcx ledger identity` prints it; without it the ledger is asked.")
    var ledgerAddress: Address?

    @Option(help: "File to write the grant to.")
    var out: String

    @OptionGroup var times: TimeOptions

    func validate() throws {
        guard (1...3_650).contains(days) else {
            throw ValidationError("--days takes 1 to 3650 days, not \(days)")
        }
    }

    func run() async throws {
        try Writable.requireNewFile(out)
        let owner = try key.unlock()
        let domain: EIP712Domain
        if let ledgerAddress {
            domain = EIP712Domain(chainId: 0, verifyingContract: ledgerAddress)
        } else {
            domain = try await ledger.open().identity().domain
        }
        let now = WallClock.seconds()
        let grant = MachineGrant(
            owner: owner.address, machine: machine, label: Untrusted(label), issuedAt: now,
            expiresAt: now + days * 86_400,  // bounded: 3,650 days at most, `validate` sees to it
            nonce: .random())
        let signed = try await Signed(grant, by: owner, in: domain)
        try Documents.write(signed, to: out)
        Terminal.say("granted until \(RFC3339.moment(grant.expiresAt)): \(signed.digest(in: domain))")
    }
}

/// `gcx key revoke`.
struct KeyRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a machine grant back; its offers end at once, running leases go on.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "Digest of the grant, or its beginning.")
    var grant: DigestName

    @Option(help: "The reason, in words; everybody can read it.")
    var reason = ""

    func run() async throws {
        try await Withdraw.post(reason: reason, key: key, ledger: ledger) { try await grant.grant(on: $0) }
    }
}

/// Takes back a document of one's own.
enum Withdraw {
    /// - Parameter subject: finds the document by the name that was typed.
    static func post(
        reason: String, key: KeyOptions, ledger: LedgerOptions, _ subject: (HTTPLedger) async throws -> Digest
    ) async throws {
        let client = try ledger.open()
        let domain = try await client.identity().domain
        let document = Withdrawal(
            subject: try await subject(client), reason: Untrusted(reason), issuedAt: WallClock.seconds())
        let receipt = try await client.post(.withdrawal(Signed(document, by: try key.unlock(), in: domain)))
        Terminal.say("withdrawn in entry \(receipt.index)")
    }
}
